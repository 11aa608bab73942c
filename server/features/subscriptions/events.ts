import { encodeId } from '../../lib/ids.ts'
import type { OperationState } from '../../db/generated/enums.ts'
import type { DesiredRow, PodRow } from './desired.ts'
import type { OperationUpdate } from './observation.ts'
import { statusOf } from './status.ts'

/** What live views are told. The ids are those of the API; nothing secret stands in an event. Pure. */
export type Told = { type: 'subscription.updated' | 'operation.updated' | 'pod.updated'; data: unknown }

type SubscriptionState = Pick<
  DesiredRow,
  'id' | 'name' | 'entitlement' | 'generation' | 'observedGeneration' | 'conditions' | 'purgeRequestedAt'
>

export const subscriptionChanged = (row: SubscriptionState, operationState: OperationState | undefined): Told => ({
  type: 'subscription.updated',
  data: {
    id: encodeId('subscription', row.id),
    name: row.name,
    status: statusOf({ ...row, operationState }),
    entitlement: row.entitlement,
    generation: row.generation,
    observedGeneration: row.observedGeneration,
    conditions: row.conditions,
  },
})

export const operationChanged = (row: Pick<DesiredRow, 'id' | 'operation'>, update: OperationUpdate): Told => ({
  type: 'operation.updated',
  data: {
    id: encodeId('operation', update.id),
    subscriptionId: encodeId('subscription', row.id),
    kind: row.operation?.kind,
    state: update.state,
    step: update.step,
    progress: update.progress,
    cause: update.cause,
    nextAction: update.nextAction,
  },
})

export const podsChanged = (row: Pick<DesiredRow, 'id'>, pods: readonly PodRow[]): Told => ({
  type: 'pod.updated',
  data: {
    subscriptionId: encodeId('subscription', row.id),
    pods: pods.map(({ id, ...pod }) => ({ id: encodeId('pod', id), ...pod })),
  },
})
