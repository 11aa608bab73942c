import { describe, expect, test } from 'vitest'
import type { ObservedObject, ObservedPod } from '../clusters/service.ts'
import { assess, clusterUnreachable, volumeLost, type Component, type Condition, type Situation } from './conditions.ts'

const now = new Date('2030-01-01T00:00:00Z')
const pod = (over: Partial<ObservedPod> = {}): ObservedObject => ({
  key: 'Pod/db-0',
  kind: 'Pod',
  name: 'db-0',
  namespace: 'berth-x',
  uid: 'u',
  resourceVersion: '1',
  fingerprint: '',
  managed: true,
  deleting: false,
  berthGeneration: undefined,
  component: 'db',
  pod: {
    phase: 'Running',
    node: 'node-1',
    ready: true,
    restarts: 0,
    image: 'postgres:15',
    reason: undefined,
    message: undefined,
    container: 'db',
    podIp: '10.0.0.1',
    startedAt: undefined,
    createdAt: now.toISOString(),
    ...over,
  },
})
const workload = (ready: number, over: Partial<NonNullable<ObservedObject['workload']>> = {}): ObservedObject => ({
  ...pod(),
  kind: 'StatefulSet',
  workload: {
    current: true,
    desired: 1,
    ready,
    updated: 1,
    total: 1,
    succeeded: 0,
    failed: false,
    refusal: undefined,
    ...over,
  },
})
const component = (over: Partial<Component> = {}): Component => ({
  name: 'db',
  kind: 'workload',
  replicas: 1,
  observed: workload(1),
  pods: [pod()],
  ...over,
})
const situation = (over: Partial<Situation> = {}): Situation => ({
  wanted: true,
  running: true,
  ending: false,
  applied: true,
  components: [component()],
  causes: [],
  now,
  ...over,
})
const condition = (conditions: readonly Condition[], type: Condition['type']) =>
  conditions.find((one) => one.type === type)

describe('what is ready', () => {
  test.each([
    ['everything runs in its newest form', situation(), true],
    ['one object of this generation is still missing', situation({ applied: false }), false],
    ['the watch lags behind what was applied', situation({ components: [component({ observed: undefined })] }), false],
    [
      'the controller has not seen the newest spec',
      situation({ components: [component({ observed: workload(1, { current: false }) })] }),
      false,
    ],
    [
      'an old pod is still beside the new one',
      situation({ components: [component({ observed: workload(1, { total: 2 }) })] }),
      false,
    ],
    [
      'a job ran through',
      situation({ components: [component({ kind: 'job', observed: workload(0, { succeeded: 1 }), pods: [] })] }),
      true,
    ],
    ['a job still runs', situation({ components: [component({ kind: 'job', observed: workload(1) })] }), false],
    [
      'nothing should run',
      situation({
        running: false,
        components: [component({ replicas: 0, observed: workload(0, { total: 0 }), pods: [] })],
      }),
      false,
    ],
  ])('%s', (_why, given, ready) => {
    const { conditions, ready: said } = assess(given, [])
    expect(said).toBe(ready)
    expect(condition(conditions, 'Ready')?.status).toBe(ready ? 'True' : 'False')
  })
})

describe('causes in words', () => {
  test.each([
    ['ErrImagePull', 'ImagePullBackOff', /cannot be pulled/],
    ['CrashLoopBackOff', 'CrashLoopBackOff', /starts and ends again \(3 restarts\)/],
    ['Unschedulable', 'Unschedulable', /No worker node can take "db"/],
    ['CreateContainerConfigError', 'ContainerConfigError', /cannot be started as it is configured/],
  ])('a pod that waits with %s is told as %s', (reason, told, words) => {
    const stuck = pod({ reason, message: 'said the node.', ready: false, restarts: 3, phase: 'Pending' })
    const { conditions, cause } = assess(
      situation({ components: [component({ observed: workload(0), pods: [stuck] })] }),
      [],
    )
    expect(condition(conditions, 'Degraded')).toMatchObject({ status: 'True', reason: told })
    expect(cause?.message).toMatch(words)
    expect(cause?.message).toContain('said the node.')
    expect(cause?.nextAction).not.toBe('')
  })

  test('a pod that is only slow is no cause', () => {
    const slow = pod({ reason: 'ContainerCreating', ready: false, phase: 'Pending' })
    const { conditions, cause, step } = assess(
      situation({ components: [component({ observed: workload(0), pods: [slow] })] }),
      [],
    )
    expect(cause).toBeUndefined()
    expect(step).toBe('Starting containers')
    expect(condition(conditions, 'Progressing')?.status).toBe('True')
  })

  test('a lost volume outranks what the pods say', () => {
    expect(assess(situation({ running: false, causes: [volumeLost(['data'])] }), []).cause?.reason).toBe('VolumeLost')
  })

  describe('a cluster that is away', () => {
    const away = (over: Partial<Situation> = {}) =>
      situation({ applied: false, components: [], causes: [clusterUnreachable], ...over })
    const statuses = (conditions: readonly Condition[]) =>
      Object.fromEntries(conditions.map(({ type, status, reason }) => [type, `${status} ${reason}`]))
    const unknown = 'Unknown ClusterUnreachable'

    test('makes nothing of what ran false: nobody knows', () => {
      const before = assess(situation(), []).conditions
      expect(statuses(assess(away(), before).conditions)).toEqual({
        Ready: unknown,
        Progressing: unknown,
        Degraded: unknown,
        Suspended: 'False Running',
      })
    })

    test('does not make what was broken whole', () => {
      const crashing = pod({ reason: 'CrashLoopBackOff', ready: false })
      const broken = situation({ components: [component({ observed: workload(0), pods: [crashing] })] })
      const first = assess(away(), assess(broken, []).conditions)
      expect(statuses(assess(away(), first.conditions).conditions)).toMatchObject({
        Ready: unknown,
        Degraded: 'True CrashLoopBackOff',
      })
    })

    test('does not prove that what should stop has stopped', () => {
      const { conditions, settled, step } = assess(away({ wanted: false, running: false }), [])
      expect(settled).toBe(false)
      expect(step).toBe('Stopping')
      expect(statuses(conditions)).toMatchObject({ Ready: unknown, Suspended: unknown })
    })

    test('is forgotten when it is back', () => {
      const { conditions } = assess(situation(), assess(away(), []).conditions)
      expect(statuses(conditions)).toMatchObject({ Ready: 'True AllReady', Degraded: 'False AsExpected' })
    })
  })
})

test('stopping is settled only when the last pod is gone', () => {
  const stopping = situation({
    wanted: false,
    running: false,
    components: [component({ replicas: 0, observed: workload(0) })],
  })
  expect(assess(stopping, []).settled).toBe(false)
  const stopped = {
    ...stopping,
    components: [component({ replicas: 0, observed: workload(0, { total: 0 }), pods: [] })],
  }
  const { settled, conditions } = assess(stopped, [])
  expect(settled).toBe(true)
  expect(condition(conditions, 'Suspended')?.status).toBe('True')
})

test('a transition time moves with the status and not with the message', () => {
  const before = assess(situation({ components: [component({ observed: workload(0) })] }), []).conditions
  const later = new Date(now.getTime() + 60_000)
  const same = assess(situation({ components: [component({ observed: undefined })], now: later }), before)
  expect(condition(same.conditions, 'Ready')?.lastTransitionTime).toBe(now.toISOString())
  const ready = assess(situation({ now: later }), before)
  expect(condition(ready.conditions, 'Ready')?.lastTransitionTime).toBe(later.toISOString())
})

test('what should run and cannot, because its volume is lost, is never settled', () => {
  const stopped = [component({ replicas: 0, observed: workload(0, { total: 0 }), pods: [] })]
  expect(assess(situation({ running: false, components: stopped, causes: [volumeLost(['data'])] }), []).settled).toBe(
    false,
  )
})
