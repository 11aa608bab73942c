import type { Tx } from '../../db/database.ts'
import { OperationKind } from '../../db/generated/enums.ts'
import { subscriptionModel } from './model.ts'
import type { SubscriptionWithParts } from './store.ts'

/** What succeeds with everything running, on whatever revision there is. */
const kindsThatRun = [OperationKind.UPGRADE, OperationKind.RESTART, OperationKind.REACTIVATE]

/**
 * The revision that the owner may go back to once the row is on another: the one that it is on, where that ever ran.
 * An upgrade that never came up is no place to go back to: after several of them it is still the last one that ran.
 * Null where that is the very one that is asked for.
 */
export async function revisionToGoBackTo(tx: Tx, row: SubscriptionWithParts, targetId: string): Promise<string | null> {
  const back = (await hasRun(tx, row)) ? row.revisionId : row.previousRevisionId
  return back === targetId ? null : back
}

async function hasRun(tx: Tx, row: SubscriptionWithParts): Promise<boolean> {
  if (subscriptionModel(row).status === 'running') return true
  const ofIt = { subscriptionId: row.id }
  const upgrade = await tx.operation.findFirst({ where: { ...ofIt, kind: 'UPGRADE' }, orderBy: { createdAt: 'desc' } })
  if (!upgrade) return row.firstReadyAt !== null
  const since = { createdAt: { gte: upgrade.createdAt }, kind: { in: kindsThatRun } }
  return (await tx.operation.count({ where: { ...ofIt, ...since, state: 'SUCCEEDED' } })) > 0
}
