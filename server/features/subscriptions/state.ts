import type { Entitlement } from '../../db/generated/enums.ts'
import { conflict } from '../../lib/errors.ts'

/**
 * Entitlement: what an organization has a right to. One table says what each event does in each state; whatever is not
 * in it is refused. Nothing else writes `entitlement`. The other truth, what runs, is observed (`conditions.ts`).
 */

export const entitlementEvents = [
  'firstReady',
  'trialPaid',
  'trialUnpaid',
  'periodUnpaid',
  'paid',
  'graceOver',
  'hold',
  'lastHoldLifted',
  'termOver',
  'cancel',
  'reactivate',
  'end',
  'absenceConfirmed',
] as const
export type EntitlementEvent = (typeof entitlementEvents)[number]

/** What a transition does beside the new state. `end` is the point of no return: data will be destroyed. */
export type Effect = 'remember' | 'retain' | 'forgetRetention' | 'beginEnding' | 'release' | 'holdUnpaid'

type Target = Entitlement | 'remembered' | 'unchanged'
type Transition = { to: Target; effects?: readonly Effect[] }
type Row = Partial<Record<EntitlementEvent, Transition>>

const cancelKeepingData: Transition = { to: 'CANCELED', effects: ['remember', 'retain'] }
const suspend: Transition = { to: 'SUSPENDED', effects: ['remember'] }
const end: Transition = { to: 'unchanged', effects: ['beginEnding'] }
const comeBack: Transition = { to: 'remembered', effects: ['forgetRetention'] }
/** Only what was told to end can be found absent; that it is, is the last thing that happens to it. */
const gone: Transition = { to: 'TERMINATED', effects: ['release'] }

export const transitions: Readonly<Record<Entitlement, Row>> = {
  // What was never ready holds no data: cancelling it ends it.
  PENDING: { firstReady: { to: 'ACTIVE' }, cancel: end, absenceConfirmed: gone },
  TRIALING: {
    trialPaid: { to: 'ACTIVE' },
    trialUnpaid: { to: 'PAST_DUE' },
    hold: suspend,
    cancel: cancelKeepingData,
  },
  ACTIVE: {
    periodUnpaid: { to: 'PAST_DUE' },
    hold: suspend,
    termOver: { to: 'EXPIRED', effects: ['retain'] },
    cancel: cancelKeepingData,
  },
  PAST_DUE: {
    paid: { to: 'ACTIVE' },
    graceOver: { to: 'SUSPENDED', effects: ['remember', 'holdUnpaid'] },
    hold: suspend,
    cancel: cancelKeepingData,
  },
  SUSPENDED: {
    hold: { to: 'unchanged' },
    lastHoldLifted: { to: 'remembered' },
    cancel: { to: 'CANCELED', effects: ['retain'] },
  },
  CANCELED: { reactivate: comeBack, end, absenceConfirmed: gone },
  EXPIRED: {
    cancel: { to: 'CANCELED', effects: ['remember', 'retain'] },
    reactivate: { to: 'ACTIVE', effects: ['forgetRetention'] },
    end,
    absenceConfirmed: gone,
  },
  TERMINATED: {},
}

/** The columns that a transition reads. */
export type EntitlementRow = {
  entitlement: Entitlement
  previousEntitlement: Entitlement | null
  retainUntil: Date | null
  purgeRequestedAt: Date | null
}

/** The columns that it writes. Undefined ones stay as they are. */
export type EntitlementChange = {
  entitlement: Entitlement
  previousEntitlement?: Entitlement | null
  canceledAt?: Date | null
  retainUntil?: Date | null
  purgeRequestedAt?: Date
  terminatedAt?: Date
}

export type TransitionContext = {
  businessNow: Date
  systemNow: Date
  retentionDays: number
  trialDays: number
  /** A hold outlives a cancellation: coming back does not lift it. */
  openHold: boolean
}

const dayMilliseconds = 86_400_000
/** What has begun to end accepts nothing but its end, and only that can be found absent. */
const allowedWhen = (event: EntitlementEvent, row: EntitlementRow, now: Date): boolean => {
  if (row.purgeRequestedAt) return event === 'absenceConfirmed'
  if (event === 'absenceConfirmed') return false
  return event !== 'reactivate' || row.retainUntil === null || row.retainUntil > now
}

/** The events that are allowed now, in the table's order. */
export const allowedEvents = (row: EntitlementRow, now: Date): EntitlementEvent[] =>
  entitlementEvents.filter((event) => transitions[row.entitlement][event] && allowedWhen(event, row, now))

/**
 * What an event changes. Throws `conflict` INVALID_STATE, which names the state and what can be done instead.
 */
export function transition(
  row: EntitlementRow,
  event: EntitlementEvent,
  context: TransitionContext,
): EntitlementChange {
  const { businessNow, systemNow } = context
  const found = transitions[row.entitlement][event]
  if (!found || !allowedWhen(event, row, businessNow)) throw refusal(row, event, businessNow)
  const trial = event === 'firstReady' && context.trialDays > 0
  const to =
    found.to === 'unchanged'
      ? row.entitlement
      : found.to === 'remembered'
        ? (row.previousEntitlement ?? 'ACTIVE')
        : found.to
  const held = event === 'reactivate' && context.openHold
  const change: EntitlementChange = { entitlement: held ? 'SUSPENDED' : trial ? 'TRIALING' : to }
  if (found.to === 'remembered' && !held) change.previousEntitlement = null
  for (const effect of found.effects ?? []) {
    if (effect === 'remember') change.previousEntitlement = row.entitlement
    if (effect === 'retain') {
      change.canceledAt = businessNow
      change.retainUntil = new Date(businessNow.getTime() + context.retentionDays * dayMilliseconds)
    }
    if (effect === 'forgetRetention') {
      change.canceledAt = null
      change.retainUntil = null
    }
    if (effect === 'beginEnding') change.purgeRequestedAt = systemNow
    if (effect === 'release') change.terminatedAt = systemNow
  }
  return change
}

/** What people call the events that they ask for; all others only happen, and tell nobody what to do. */
const actions: Partial<Record<EntitlementEvent, { name: string; done: string }>> = {
  cancel: { name: 'cancel', done: 'canceled' },
  reactivate: { name: 'reactivate', done: 'reactivated' },
  end: { name: 'purge', done: 'purged' },
}

function refusal(row: EntitlementRow, event: EntitlementEvent, now: Date) {
  const allowed = allowedEvents(row, now).flatMap((each) => actions[each]?.name ?? [])
  const state = row.purgeRequestedAt && row.entitlement !== 'TERMINATED' ? 'ending' : row.entitlement
  const why = `The subscription is ${state} and cannot be ${actions[event]?.done ?? `changed by "${event}"`}`
  return conflict('INVALID_STATE', `${why}: ${wayOut(row, event, allowed)}.`, {
    extensions: { state, event: actions[event]?.name ?? event, allowed },
  })
}

/** What the customer can do instead. */
function wayOut({ entitlement }: EntitlementRow, event: EntitlementEvent, allowed: readonly string[]): string {
  if (event === 'end' && allowed.includes('cancel'))
    return entitlement === 'PENDING' ? 'cancel it, which ends it at once because it holds no data' : 'cancel it first'
  return allowed.length === 0
    ? 'nothing more can be done with it'
    : `what it allows is to ${allowed.join(' or to ')} it`
}

/** Whether the workloads should run; where they should not, they are scaled to zero and the data stays. */
export const shouldRun = (row: Pick<EntitlementRow, 'entitlement' | 'purgeRequestedAt'>): boolean =>
  !row.purgeRequestedAt && ['PENDING', 'TRIALING', 'ACTIVE', 'PAST_DUE'].includes(row.entitlement)
