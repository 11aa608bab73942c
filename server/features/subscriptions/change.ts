import type { Operation } from '../../db/generated/client.ts'
import type { OperationKind } from '../../db/generated/enums.ts'
import type { Tx } from '../../db/database.ts'
import type { Caller } from '../../http/route.ts'
import { conflict } from '../../lib/errors.ts'
import { recordAudit } from '../audit/service.ts'
import { writeEvent } from './event-store.ts'
import { subscriptionChanged } from './events.ts'
import { reconcileJob } from './jobs.ts'
import type { OrderDependencies } from './order.ts'
import { shouldRun, transition, type EntitlementEvent } from './state.ts'
import type { SubscriptionWithParts } from './store.ts'

/** One asked-for change of what should be. */
export type Change = {
  kind: OperationKind
  /** Absent where the entitlement stays as it is. */
  event?: EntitlementEvent
  restart?: boolean
  /** What it points at from now on, where that is another revision. */
  target?: { revisionId: string; previousRevisionId: string | null; parameters: Record<string, string> }
  /** Throws where the request itself is wrong, before anything changes. */
  check?(row: SubscriptionWithParts): void
}

/** How long each may take before it counts as failed; Berth drives on all the same. Ending has no deadline. */
const deadlineMilliseconds: Partial<Record<OperationKind, number>> = {
  CANCEL: 10 * 60_000,
  REACTIVATE: 15 * 60_000,
  RESTART: 15 * 60_000,
  UPGRADE: 15 * 60_000,
}

type Dependencies = Pick<OrderDependencies, 'operations' | 'jobs' | 'clock'>

/**
 * Raises the generation of a locked row with its new state, and begins the operation that waits for it. Without a
 * caller it is Berth itself that acts (the retention is over).
 */
export async function changeEntitlement(
  { operations, jobs, clock }: Dependencies,
  tx: Tx,
  caller: Caller | undefined,
  row: SubscriptionWithParts,
  { kind, event, restart, target }: Change,
): Promise<Operation> {
  const openHolds = await tx.hold.count({ where: { subscriptionId: row.id, liftedAt: null } })
  const change = event && transition(row, event, contextOf(row, clock, openHolds > 0))
  if (restart && !shouldRun(row)) {
    throw conflict('NOT_RUNNING', `The subscription is ${row.entitlement}: nothing runs that could be restarted.`, {
      extensions: { state: row.entitlement },
    })
  }
  const generation = row.generation + 1
  const after = await tx.subscription.update({
    where: { id: row.id },
    data: {
      ...change,
      ...target,
      generation,
      version: { increment: 1 },
      ...(restart && { restartRequestedAt: clock.systemNow() }),
    },
  })
  const milliseconds = deadlineMilliseconds[kind]
  const operation = await operations.begin(tx, {
    kind,
    subscriptionId: row.id,
    organizationId: row.organizationId,
    clusterId: row.clusterId,
    generation,
    requestedById: caller?.userId ?? null,
    deadlineAt: milliseconds === undefined ? null : new Date(clock.systemNow().getTime() + milliseconds),
  })
  await recordAudit(tx, {
    ...(caller && { actorId: caller.userId, origin: caller }),
    organizationId: row.organizationId,
    action: `subscription.${kind.toLowerCase()}`,
    targetType: 'subscription',
    targetId: row.id,
    before: { entitlement: row.entitlement, ...(target && { revision: row.revision.number }) },
    after: { entitlement: after.entitlement, ...(target && { revisionId: target.revisionId }) },
  })
  const owner = { organizationId: row.organizationId, clusterId: row.clusterId, subscriptionId: row.id }
  await writeEvent(tx, owner, subscriptionChanged({ ...after, conditions: [] }, operation.state))
  await jobs.enqueue(tx, reconcileJob, { subscriptionId: row.id })
  return operation
}

const contextOf = (
  { service, planVersion }: SubscriptionWithParts,
  clock: Dependencies['clock'],
  openHold: boolean,
) => ({
  businessNow: clock.businessNow(),
  systemNow: clock.systemNow(),
  retentionDays: service.retentionDays,
  trialDays: planVersion.trialDays,
  openHold,
})
