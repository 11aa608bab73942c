import { afterEach, expect, test } from 'vitest'
import { startTestCluster, type TestCluster } from '../harness.ts'
import { type Draft } from '../shared/cluster.ts'
import { type StatefulSet } from '../shared/kinds.ts'
import { isReady } from '../shared/pods.ts'

let test_: TestCluster

afterEach(() => {
  test_.stop()
  expect(test_.defects).toEqual([])
})

function set(spec: object = {}): Draft {
  return {
    metadata: { name: 'db', namespace: 'default' },
    spec: {
      replicas: 3,
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
      template: {
        metadata: { labels: { app: 'db' } },
        spec: { containers: [{ name: 'a', image: 'db:1', volumeMounts: [{ name: 'data', mountPath: '/data' }] }] },
      },
      ...spec,
    },
  }
}

function found(): StatefulSet {
  const set = test_.cluster.get('statefulsets.apps', 'default', 'db')
  if (!set) throw new Error('no set')
  return set
}

function change(spec: Partial<StatefulSet['spec']>): void {
  const now = found()
  test_.cluster.update('statefulsets.apps', { ...now, spec: { ...now.spec, ...spec } })
}

function setImage(image: string): void {
  const { template } = found().spec
  const containers = template.spec.containers.map((container) => ({ ...container, image }))
  change({ template: { ...template, spec: { ...template.spec, containers } } })
}

const pods = () => test_.cluster.list('pods', 'default')
const names = (): string[] => pods().map((pod) => pod.metadata.name)
const images = (): string[] => pods().map((pod) => pod.spec.containers[0]?.image ?? '')

test('pods come one after the other, each when the one before is ready, and keep their volumes', async () => {
  test_ = await startTestCluster()
  test_.cluster.create('statefulsets.apps', set())
  for (let tenths = 0; tenths < 30; tenths++) {
    await test_.pass(0.1)
    expect(pods().filter((pod) => !isReady(pod)).length).toBeLessThanOrEqual(1)
  }
  expect(names()).toEqual(['db-0', 'db-1', 'db-2'])
  const claims = test_.cluster.list('persistentvolumeclaims', 'default')
  expect(claims.map((claim) => [claim.metadata.name, claim.status?.phase])).toEqual([
    ['data-db-0', 'Bound'],
    ['data-db-1', 'Bound'],
    ['data-db-2', 'Bound'],
  ])
  expect(found().status).toMatchObject({ replicas: 3, readyReplicas: 3, currentReplicas: 3, updatedReplicas: 3 })
})

test('scaling down ends the highest first and leaves the claims; scaling up finds them again', async () => {
  test_ = await startTestCluster()
  test_.cluster.create('statefulsets.apps', set())
  await test_.pass(5)
  const before = test_.cluster.get('persistentvolumeclaims', 'default', 'data-db-2')?.metadata.uid
  change({ replicas: 1 })
  await test_.pass(0.05)
  expect(
    pods()
      .filter((pod) => pod.metadata.deletionTimestamp)
      .map((pod) => pod.metadata.name),
  ).toEqual(['db-2'])
  await test_.pass(2)
  expect(names()).toEqual(['db-0'])
  const node = (name: string) =>
    test_.cluster.get('persistentvolumes', undefined, `pvc-${before}`)?.metadata.name ?? name
  expect(node('')).toBe(`pvc-${before}`)
  change({ replicas: 3 })
  await test_.pass(3)
  expect(test_.cluster.get('persistentvolumeclaims', 'default', 'data-db-2')?.metadata.uid).toBe(before)
  expect(pods().filter(isReady)).toHaveLength(3)
})

test('an update goes from the highest ordinal down, one at a time, and stops at the partition', async () => {
  test_ = await startTestCluster()
  test_.cluster.create('statefulsets.apps', set())
  await test_.pass(5)
  change({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } })
  setImage('db:2')
  for (let tenths = 0; tenths < 40; tenths++) {
    await test_.pass(0.1)
    expect(pods().filter(isReady).length).toBeGreaterThanOrEqual(2)
  }
  expect(images()).toEqual(['db:1', 'db:2', 'db:2'])
  const [halfway] = [found().status]
  expect(halfway?.currentRevision).not.toBe(halfway?.updateRevision)
  const zero = test_.cluster.get('pods', 'default', 'db-0')
  if (zero) test_.cluster.delete('pods', zero)
  await test_.pass(2)
  expect(images()).toEqual(['db:1', 'db:2', 'db:2'])
  change({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } } })
  await test_.pass(3)
  expect(images()).toEqual(['db:2', 'db:2', 'db:2'])
  expect(found().status?.currentRevision).toBe(found().status?.updateRevision)
})

test('parallel management waits for nobody', async () => {
  test_ = await startTestCluster()
  test_.cluster.create('statefulsets.apps', set({ podManagementPolicy: 'Parallel' }))
  await test_.pass(0.01)
  expect(names()).toEqual(['db-0', 'db-1', 'db-2'])
})

test('a pod goes back to the node that has its volume, or waits for it', async () => {
  test_ = await startTestCluster()
  test_.cluster.create('statefulsets.apps', set({ replicas: 1 }))
  await test_.pass(2)
  const pod = test_.cluster.get('pods', 'default', 'db-0')
  const node = test_.cluster.get('nodes', undefined, pod?.spec.nodeName ?? '')
  if (!pod || !node) throw new Error('not running')
  test_.cluster.update('nodes', { ...node, spec: { ...node.spec, unschedulable: true } })
  test_.cluster.delete('pods', pod)
  await test_.pass(5)
  const waiting = test_.cluster.get('pods', 'default', 'db-0')
  expect(waiting?.status?.conditions?.[0]).toMatchObject({
    type: 'PodScheduled',
    reason: 'Unschedulable',
    message:
      "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't match PersistentVolume's node affinity. " +
      'no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
  })
  const cordoned = test_.cluster.get('nodes', undefined, node.metadata.name)
  if (cordoned) test_.cluster.update('nodes', { ...cordoned, spec: { ...cordoned.spec, unschedulable: false } })
  await test_.pass(2)
  expect(test_.cluster.get('pods', 'default', 'db-0')?.spec.nodeName).toBe(node.metadata.name)
})
