import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Entitlement } from '../../db/generated/enums.ts'
import { isFailure } from '../../lib/errors.ts'
import {
  allowedEvents,
  entitlementEvents,
  shouldRun,
  transition,
  transitions,
  type EntitlementEvent,
  type EntitlementRow,
} from './state.ts'

const now = new Date('2030-01-31T00:00:00Z')
const context = { businessNow: now, systemNow: now, retentionDays: 7, trialDays: 0, openHold: false }
const row = (entitlement: Entitlement, rest: Partial<EntitlementRow> = {}): EntitlementRow => ({
  entitlement,
  previousEntitlement: null,
  retainUntil: null,
  purgeRequestedAt: null,
  ...rest,
})
const attempt = (from: EntitlementRow, event: EntitlementEvent) => {
  try {
    return { ...from, ...transition(from, event, context) }
  } catch (error) {
    if (!isFailure(error)) throw error
    return error
  }
}

describe('every state × every event', () => {
  for (const state of Object.values(Entitlement)) {
    for (const event of entitlementEvents) {
      const allowed = event !== 'absenceConfirmed' && transitions[state][event] !== undefined
      test(`${state} ${allowed ? 'accepts' : 'refuses'} ${event}`, () => {
        const result = attempt(row(state), event)
        if (allowed) {
          expect(isFailure(result)).toBe(false)
        } else {
          expect(result).toMatchObject({ kind: 'conflict', code: 'INVALID_STATE', extensions: { state } })
        }
      })
    }
  }
})

test('what has begun to end accepts nothing but its end', () => {
  const ending = row('CANCELED', { purgeRequestedAt: now })
  expect(allowedEvents(ending, now)).toEqual(['absenceConfirmed'])
  expect(attempt(ending, 'reactivate')).toMatchObject({ code: 'INVALID_STATE', extensions: { state: 'ending' } })
  expect(attempt(ending, 'absenceConfirmed')).toMatchObject({ entitlement: 'TERMINATED', terminatedAt: now })
})

test('cancel and reactivate give back exactly what was', () => {
  for (const before of ['ACTIVE', 'TRIALING', 'PAST_DUE'] as const) {
    const canceled = attempt(row(before), 'cancel') as EntitlementRow
    expect(canceled).toMatchObject({ entitlement: 'CANCELED', retainUntil: new Date('2030-02-07T00:00:00Z') })
    expect(attempt(canceled, 'reactivate')).toMatchObject({
      entitlement: before,
      retainUntil: null,
      previousEntitlement: null,
    })
  }
})

test('a subscription canceled while suspended comes back as what it was before the suspension', () => {
  const suspended = attempt(row('PAST_DUE'), 'hold') as EntitlementRow
  const canceled = attempt(suspended, 'cancel') as EntitlementRow
  expect(attempt(canceled, 'reactivate')).toMatchObject({ entitlement: 'PAST_DUE' })
})

test('cancelling and reactivating lifts no hold', () => {
  const suspended = attempt(row('ACTIVE'), 'hold') as EntitlementRow
  const canceled = attempt(suspended, 'cancel') as EntitlementRow
  const change = transition(canceled, 'reactivate', { ...context, openHold: true })
  expect(change.entitlement).toBe('SUSPENDED')
  expect(transition({ ...canceled, ...change }, 'lastHoldLifted', context).entitlement).toBe('ACTIVE')
})

test('nobody reactivates after the retention is over', () => {
  expect(attempt(row('CANCELED', { retainUntil: now }), 'reactivate')).toMatchObject({ code: 'INVALID_STATE' })
})

test('a plan with a trial begins with it', () => {
  expect(transition(row('PENDING'), 'firstReady', { ...context, trialDays: 14 }).entitlement).toBe('TRIALING')
})

test('no sequence of events destroys data without having been told to end', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...entitlementEvents), { maxLength: 40 }), (events) => {
      let current = row('PENDING')
      let ended = false
      for (const event of events) {
        const next = attempt(current, event)
        if (isFailure(next)) continue
        ended ||= event === 'end' || (event === 'cancel' && current.entitlement === 'PENDING')
        current = next
        expect(current.entitlement === 'TERMINATED' || current.purgeRequestedAt !== null ? ended : true).toBe(true)
        if (current.purgeRequestedAt) expect(shouldRun(current)).toBe(false)
      }
    }),
  )
})

test.each([
  [
    'PENDING',
    'end',
    'is PENDING and cannot be purged: cancel it, which ends it at once because it holds no data.',
    ['cancel'],
  ],
  ['ACTIVE', 'end', 'is ACTIVE and cannot be purged: cancel it first.', ['cancel']],
  ['ACTIVE', 'reactivate', 'is ACTIVE and cannot be reactivated: what it allows is to cancel it.', ['cancel']],
  [
    'CANCELED',
    'cancel',
    'is CANCELED and cannot be canceled: what it allows is to reactivate or to purge it.',
    ['reactivate', 'purge'],
  ],
  ['TERMINATED', 'end', 'is TERMINATED and cannot be purged: nothing more can be done with it.', []],
] as const)('who may not do it is told what they can do: %s, %s', (state, event, sentence, allowed) => {
  const refused = attempt(row(state), event)
  expect(refused).toMatchObject({ message: `The subscription ${sentence}`, extensions: { state, allowed } })
})
