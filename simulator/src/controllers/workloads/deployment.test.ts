import { afterEach, expect, test } from 'vitest'
import { startTestCluster, type TestCluster } from '../harness.ts'
import { type Draft } from '../shared/cluster.ts'
import { conditionOf } from '../shared/conditions.ts'
import { type Deployment } from '../shared/kinds.ts'
import { isReady } from '../shared/pods.ts'

let test_: TestCluster

afterEach(() => {
  test_.stop()
  expect(test_.defects).toEqual([])
})

function deployment(spec: object = {}): Draft {
  return {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [{ name: 'a', image: 'web:1', readinessProbe: { periodSeconds: 1, exec: { command: ['x'] } } }],
        },
      },
      ...spec,
    },
  }
}

function found(): Deployment {
  const deployment = test_.cluster.get('deployments.apps', 'default', 'web')
  if (!deployment) throw new Error('no deployment')
  return deployment
}

function change(spec: Partial<Deployment['spec']>): void {
  const now = found()
  test_.cluster.update('deployments.apps', { ...now, spec: { ...now.spec, ...spec } })
}

function setImage(image: string): void {
  const { template } = found().spec
  const containers = template.spec.containers.map((container) => ({ ...container, image }))
  change({ template: { ...template, spec: { ...template.spec, containers } } })
}

const pods = () => test_.cluster.list('pods', 'default')
const images = (): string[] => pods().map((pod) => pod.spec.containers[0]?.image ?? '')

test('a deployment becomes available and says so', async () => {
  test_ = await startTestCluster()
  test_.cluster.create('deployments.apps', deployment())
  await test_.pass(3)
  const { status, metadata } = found()
  expect(status).toMatchObject({
    observedGeneration: 1,
    replicas: 3,
    updatedReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
  })
  expect(status?.unavailableReplicas).toBeUndefined()
  expect(conditionOf(status?.conditions, 'Available')?.reason).toBe('MinimumReplicasAvailable')
  expect(conditionOf(status?.conditions, 'Progressing')?.reason).toBe('NewReplicaSetAvailable')
  expect(metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('1')
})

test.each([
  { maxSurge: 1, maxUnavailable: 0 },
  { maxSurge: 0, maxUnavailable: 1 },
  { maxSurge: '50%', maxUnavailable: '25%' },
  { maxSurge: 0, maxUnavailable: 0 },
])('a rollout never has too many pods nor too few ready ones: %o', async (rollingUpdate) => {
  test_ = await startTestCluster()
  const strategy = { type: 'RollingUpdate', rollingUpdate }
  if (rollingUpdate.maxSurge === 0 && rollingUpdate.maxUnavailable === 0)
    strategy.rollingUpdate = { maxSurge: '1%', maxUnavailable: '0%' }
  test_.cluster.create('deployments.apps', deployment({ replicas: 4, strategy }))
  await test_.pass(5)
  const most =
    4 +
    (rollingUpdate.maxSurge === '50%' ? 2 : rollingUpdate.maxSurge === 0 && rollingUpdate.maxUnavailable === 1 ? 0 : 1)
  const least = 4 - (rollingUpdate.maxUnavailable === 0 ? 0 : 1)
  setImage('web:2')
  for (let tenths = 0; tenths < 300 && images().some((image) => image !== 'web:2'); tenths++) {
    await test_.pass(0.1)
    const standing = pods().filter((pod) => pod.metadata.deletionTimestamp === undefined)
    expect(standing.length).toBeLessThanOrEqual(most)
    expect(standing.filter(isReady).length).toBeGreaterThanOrEqual(least)
  }
  await test_.pass(3)
  expect(images()).toEqual(['web:2', 'web:2', 'web:2', 'web:2'])
  expect(found().status?.availableReplicas).toBe(4)
})

test('recreate has no old and new pod at the same time', async () => {
  test_ = await startTestCluster()
  test_.cluster.create('deployments.apps', deployment({ strategy: { type: 'Recreate' } }))
  await test_.pass(3)
  setImage('web:2')
  for (let tenths = 0; tenths < 50; tenths++) {
    await test_.pass(0.1)
    expect(new Set(images()).size).toBeLessThanOrEqual(1)
  }
  expect(images()).toEqual(['web:2', 'web:2', 'web:2'])
})

test('an image that cannot be pulled stops a rollout, exceeds its deadline, and going back heals it', async () => {
  test_ = await startTestCluster()
  test_.cluster.create('deployments.apps', deployment({ progressDeadlineSeconds: 60 }))
  await test_.pass(3)
  test_.faults.add({ kind: 'imagePull', image: 'web:broken' })
  setImage('web:broken')
  await test_.pass(70)
  const { status } = found()
  expect(status?.availableReplicas).toBe(3)
  expect(conditionOf(status?.conditions, 'Progressing')).toMatchObject({
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
  })
  setImage('web:1')
  await test_.pass(5)
  expect(images()).toEqual(['web:1', 'web:1', 'web:1'])
  expect(conditionOf(found().status?.conditions, 'Progressing')?.reason).toBe('NewReplicaSetAvailable')
  expect(found().metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3')
})

test('a paused deployment is scaled but not rolled', async () => {
  test_ = await startTestCluster()
  test_.cluster.create('deployments.apps', deployment())
  await test_.pass(3)
  change({ paused: true })
  setImage('web:2')
  change({ replicas: 5 })
  await test_.pass(5)
  expect(images()).toEqual(Array(5).fill('web:1'))
  change({ paused: false })
  await test_.pass(10)
  expect(images()).toEqual(Array(5).fill('web:2'))
})

test('scaling in the middle of a rollout ends with the new size', async () => {
  test_ = await startTestCluster()
  test_.cluster.create('deployments.apps', deployment({ replicas: 6 }))
  await test_.pass(3)
  setImage('web:2')
  await test_.pass(0.5)
  change({ replicas: 2 })
  await test_.pass(20)
  expect(images()).toEqual(['web:2', 'web:2'])
  expect(found().status).toMatchObject({ replicas: 2, updatedReplicas: 2, availableReplicas: 2 })
})

test('only as many old ReplicaSets are kept as the history allows', async () => {
  test_ = await startTestCluster()
  test_.cluster.create('deployments.apps', deployment({ replicas: 1, revisionHistoryLimit: 1 }))
  for (const version of [2, 3, 4, 5]) {
    await test_.pass(5)
    setImage(`web:${version}`)
  }
  await test_.pass(5)
  expect(test_.cluster.list('replicasets.apps', 'default')).toHaveLength(2)
})

test('a deleted pod comes back, and a quota that forbids it is said on the deployment', async () => {
  test_ = await startTestCluster()
  test_.cluster.create('deployments.apps', deployment({ replicas: 1 }))
  await test_.pass(3)
  test_.cluster.create('resourcequotas', {
    metadata: { name: 'none', namespace: 'default' },
    spec: { hard: { pods: '0' } },
  })
  await test_.pass(1)
  const [pod] = pods()
  if (pod) test_.cluster.delete('pods', pod)
  await test_.pass(2)
  expect(pods()).toEqual([])
  expect(conditionOf(found().status?.conditions, 'ReplicaFailure')?.message).toContain('exceeded quota: none')
  const quota = test_.cluster.get('resourcequotas', 'default', 'none')
  if (quota) test_.cluster.delete('resourcequotas', quota)
  await test_.pass(60)
  expect(pods().filter(isReady)).toHaveLength(1)
  expect(conditionOf(found().status?.conditions, 'ReplicaFailure')).toBeUndefined()
})
