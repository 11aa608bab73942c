import { describe, expect, test } from 'vitest'
import { assess, clusterUnreachable, type Condition } from './conditions.ts'
import { statusOf, type StatusInput } from './status.ts'

const away = assess(
  {
    wanted: true,
    running: true,
    ending: false,
    applied: false,
    components: [],
    causes: [clusterUnreachable],
    now: new Date(0),
  },
  [],
).conditions
const degraded = (reason: string): Condition => ({
  type: 'Degraded',
  status: 'True',
  reason,
  message: '',
  lastTransitionTime: '',
})
const given = (over: Partial<StatusInput> = {}): StatusInput => ({
  entitlement: 'ACTIVE',
  generation: 2,
  observedGeneration: 2,
  conditions: away,
  purgeRequestedAt: null,
  operationState: 'SUCCEEDED',
  ...over,
})

describe('while the cluster is away', () => {
  test.each([
    ['what ran', {}, 'running'],
    ['what runs although its last operation had failed', { operationState: 'FAILED' }, 'running'],
    ['what was broken', { conditions: [...away.slice(0, 2), degraded('CrashLoopBackOff')] }, 'degraded'],
    ['what is being ordered', { entitlement: 'PENDING', observedGeneration: 0 }, 'provisioning'],
    ['what waits for its first start', { entitlement: 'PENDING' }, 'provisioning'],
    ['what is being changed', { observedGeneration: 1 }, 'updating'],
    ['what was canceled', { entitlement: 'CANCELED' }, 'canceled'],
    ['what is being deleted', { purgeRequestedAt: new Date(0) }, 'deleting'],
  ] satisfies [string, Partial<StatusInput>, string][])('%s is said to be %j → %s', (_what, over, word) => {
    expect(statusOf(given(over))).toBe(word)
  })
})

test('what never came up in time has failed, cluster or not', () => {
  expect(statusOf(given({ entitlement: 'PENDING', operationState: 'FAILED' }))).toBe('failed')
})
