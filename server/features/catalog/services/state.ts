import type { ServiceStatus } from '../../../db/generated/enums.ts'
import { conflict } from '../../../lib/errors.ts'

/**
 * A draft is seen by operators only; what is published is sold; what is retired is sold no more, and its subscriptions
 * run on. One table says what each event does; whatever is not in it is refused.
 */
export const serviceEvents = ['publish', 'retire', 'withdraw'] as const
export type ServiceEvent = (typeof serviceEvents)[number]

export const serviceTransitions: Readonly<Record<ServiceStatus, Partial<Record<ServiceEvent, ServiceStatus>>>> = {
  DRAFT: { publish: 'PUBLISHED' },
  PUBLISHED: { retire: 'RETIRED', withdraw: 'DRAFT' },
  RETIRED: { publish: 'PUBLISHED', withdraw: 'DRAFT' },
}

/** In the table's order. What was ever subscribed to is not a draft again: who has it must find it. */
export const allowedEvents = (status: ServiceStatus, everSubscribed: boolean): ServiceEvent[] =>
  serviceEvents.filter(
    (event) => serviceTransitions[status][event] !== undefined && !(event === 'withdraw' && everSubscribed),
  )

/** Throws `conflict` INVALID_STATE, which names the state and the events allowed from it. */
export function nextStatus(status: ServiceStatus, event: ServiceEvent, everSubscribed: boolean): ServiceStatus {
  const allowed = allowedEvents(status, everSubscribed)
  const next = serviceTransitions[status][event]
  if (next !== undefined && allowed.includes(event)) return next
  const why = next !== undefined ? ' once somebody has subscribed to it' : ''
  throw conflict(
    'INVALID_STATE',
    `The service is ${status}, which does not allow "${event}"${why}. Allowed now: ${allowed.join(', ') || 'nothing'}.`,
    { extensions: { state: status, event, allowed } },
  )
}
