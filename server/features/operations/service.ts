import type { Operation } from '../../db/generated/client.ts'
import type { Database, Tx } from '../../db/database.ts'
import type { Caller } from '../../http/route.ts'
import { notFound } from '../../lib/errors.ts'
import { findOperation, insertOperation, listOperations, type NewOperation, type OperationFilter } from './store.ts'

export { pauseDeadlines, resumeDeadlines } from './deadlines.ts'
export type { NewOperation }
export type OperationService = ReturnType<typeof createOperationService>

export function createOperationService({ database }: { database: Database }) {
  const scopeOf = ({ role, organizationIds }: Caller) =>
    role === 'ADMINISTRATOR' ? {} : { organizationId: { in: [...organizationIds] } }

  return {
    /** Begins an operation in the transaction of the change that it is for. */
    begin: (tx: Tx, operation: NewOperation): Promise<Operation> => insertOperation(tx, operation),

    /** Throws `notFound` where it is absent or somebody else's. */
    async get(caller: Caller, id: string): Promise<Operation> {
      const operation = await findOperation(database.prisma, id, scopeOf(caller))
      if (!operation) throw notFound('OPERATION_NOT_FOUND', 'There is no such operation.')
      return operation
    },

    list: (caller: Caller, filter: OperationFilter, page: Parameters<typeof listOperations>[3]): Promise<Operation[]> =>
      listOperations(database.prisma, scopeOf(caller), filter, page),
  }
}
