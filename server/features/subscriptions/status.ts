import type { Entitlement, OperationState } from '../../db/generated/enums.ts'
import type { Condition } from './conditions.ts'

/** The one word that is shown for both truths together: what is owed and what runs. Pure. */
export const statusWords = [
  'pending',
  'provisioning',
  'running',
  'updating',
  'degraded',
  'suspended',
  'canceled',
  'deleting',
  'deleted',
  'failed',
] as const
export type StatusWord = (typeof statusWords)[number]

export type StatusInput = {
  entitlement: Entitlement
  generation: number
  observedGeneration: number
  conditions: readonly Condition[]
  purgeRequestedAt: Date | null
  /** Of the latest operation. */
  operationState: OperationState | undefined
}

export function statusOf({
  entitlement,
  generation,
  observedGeneration,
  conditions,
  purgeRequestedAt,
  operationState,
}: StatusInput): StatusWord {
  const is = (type: Condition['type'], status: Condition['status'] = 'True') =>
    conditions.some((condition) => condition.type === type && condition.status === status)
  if (entitlement === 'TERMINATED') return 'deleted'
  if (purgeRequestedAt) return 'deleting'
  if (entitlement === 'CANCELED' || entitlement === 'EXPIRED') return 'canceled'
  if (entitlement === 'SUSPENDED') return 'suspended'
  const current = observedGeneration === generation
  if (current && is('Ready')) return 'running'
  // The cluster is away: what came up once is taken to run on as it was last seen, whatever an operation came to.
  if (current && entitlement !== 'PENDING' && is('Ready', 'Unknown')) return is('Degraded') ? 'degraded' : 'running'
  if (operationState === 'FAILED') return 'failed'
  if (is('Degraded')) return 'degraded'
  if (entitlement === 'PENDING') return observedGeneration === 0 && conditions.length === 0 ? 'pending' : 'provisioning'
  return 'updating'
}
