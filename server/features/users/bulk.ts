import type { Database, Tx } from '../../db/database.ts'
import type { User } from '../../db/generated/client.ts'
import type { Caller } from '../../http/route.ts'
import { invalid, isFailure, messageOf, type Failure } from '../../lib/errors.ts'
import type { Logger } from '../../lib/log.ts'
import { recordAudit } from '../audit/service.ts'
import { exportUsers, type ExportFile, type ExportFormat } from './export.ts'
import { ownAccount } from './refusals.ts'

/**
 * One action on many users, one after the other, each in a transaction of its own with its own audit entry: what one
 * is refused stops no other, and what is refused is in the trail as well.
 */

export const bulkActions = ['activate', 'deactivate', 'role', 'delete', 'export', 'sign-out'] as const
export type BulkAction = (typeof bulkActions)[number]
export type BulkOutcome = 'DONE' | 'UNCHANGED' | 'REFUSED'
export type BulkRequest = { action: BulkAction; ids: readonly string[]; role?: User['role']; format?: ExportFormat }
export type BulkItem = { id: string; outcome: BulkOutcome; code?: string; detail?: string }

/** What an action came to: `undefined` where the user was so already. */
type Act = (tx: Tx, id: string) => Promise<User | undefined>
export type BulkActs = Readonly<Record<BulkAction, Act>>

type Dependencies = { database: Pick<Database, 'transaction'>; log: Logger }

/** These would shut out who asks for them, in a list that nobody reads to its end. */
const lockingOut: ReadonlySet<BulkAction> = new Set(['deactivate', 'role', 'delete'])

export async function runBulk(
  { database, log }: Dependencies,
  caller: Caller,
  { action, ids, format }: BulkRequest,
  acts: BulkActs,
): Promise<{ results: BulkItem[]; export?: ExportFile }> {
  const results: BulkItem[] = []
  const done: User[] = []
  for (const id of new Set(ids)) {
    try {
      if (id === caller.userId && lockingOut.has(action)) throw ownAccount()
      const user = await database.transaction((tx) => acts[action](tx, id))
      if (user) done.push(user)
      results.push({ id, outcome: user ? 'DONE' : 'UNCHANGED' })
    } catch (error) {
      const { code, message: detail } = refusalOf(error, log, caller)
      await database.transaction((tx) => recordRefusal(tx, caller, { action, id, code }))
      results.push({ id, outcome: 'REFUSED', code, detail })
    }
  }
  return { results, ...(action === 'export' && { export: exportUsers(done, format ?? 'json') }) }
}

/** A defect with one user is logged, and does not keep the others waiting. */
function refusalOf(error: unknown, log: Logger, { requestId }: Caller): Pick<Failure, 'code' | 'message'> {
  if (isFailure(error)) return error
  log.error({ err: error, requestId }, `one of many users could not be changed: ${messageOf(error)}`)
  return { code: 'INTERNAL', message: 'Something went wrong on our side. It has been logged.' }
}

const recordRefusal = (
  tx: Tx,
  caller: Caller,
  { action, id, code }: { action: BulkAction; id: string; code: string },
): Promise<void> =>
  recordAudit(tx, {
    actorId: caller.userId,
    action: `user.${action}`,
    targetType: 'user',
    targetId: id,
    after: { refused: code },
    result: 'REFUSED',
    origin: caller,
  })

/** Throws `invalid` where a part is missing that the action needs. */
export function assertComplete({ action, role }: BulkRequest): void {
  if (action !== 'role' || role !== undefined) return
  throw invalid('INVALID_REQUEST', 'The request is not valid: /role is missing, which the action "role" needs.', {
    fields: [{ pointer: '/role', detail: 'is missing' }],
  })
}
