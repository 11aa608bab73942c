import type { Operation, Prisma } from '../../db/generated/client.ts'
import type { OperationKind } from '../../db/generated/enums.ts'
import type { Db, Tx } from '../../db/database.ts'
import { newId } from '../../lib/ids.ts'
import { firstDeadline } from './deadlines.ts'

export type NewOperation = {
  kind: OperationKind
  subscriptionId: string
  organizationId: string
  clusterId: string
  generation: number
  requestedById: string | null
  deadlineAt: Date | null
}

/** Begins an operation; one that is still under way for the subscription ends as CANCELED, because this one replaces it. */
export async function insertOperation(tx: Tx, operation: NewOperation): Promise<Operation> {
  await tx.operation.updateMany({
    where: { subscriptionId: operation.subscriptionId, state: { in: ['PENDING', 'RUNNING'] } },
    data: { state: 'CANCELED', finishedAt: new Date(), cause: `Replaced by a later ${operation.kind}.` },
  })
  return tx.operation.create({ data: { id: newId(), ...operation, ...(await firstDeadline(tx, operation)) } })
}

export const findOperation = (db: Db, id: string, scope: Prisma.OperationWhereInput): Promise<Operation | null> =>
  db.operation.findFirst({ where: { id, ...scope } })

export type OperationFilter = { subscriptionId?: string | undefined; state?: Operation['state'] | undefined }

/** Newest first, after the cursor. One more than asked for tells whether there are more. */
export const listOperations = (
  db: Db,
  scope: Prisma.OperationWhereInput,
  { subscriptionId, state }: OperationFilter,
  { limit, after }: { limit: number; after: { createdAt: Date; id: string } | undefined },
): Promise<Operation[]> =>
  db.operation.findMany({
    where: {
      AND: [
        scope,
        { ...(subscriptionId !== undefined && { subscriptionId }), ...(state !== undefined && { state }) },
        after
          ? { OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }] }
          : {},
      ],
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit + 1,
  })
