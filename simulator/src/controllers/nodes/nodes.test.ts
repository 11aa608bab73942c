import { afterEach, expect, test } from 'vitest'
import { startTestCluster, type TestCluster } from '../harness.ts'
import { nodeObject } from '../node.ts'
import { conditionOf } from '../shared/conditions.ts'
import { isReady } from '../shared/pods.ts'

let test_: TestCluster

afterEach(() => {
  test_.stop()
  expect(test_.defects).toEqual([])
})

const node = (name: string) => test_.cluster.get('nodes', undefined, name)
const ready = (name: string) => conditionOf(node(name)?.status?.conditions, 'Ready')
const pods = () => test_.cluster.list('pods', 'default')

function deploy(replicas: number): void {
  test_.cluster.create('deployments.apps', {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'a', image: 'web:1' }] } },
    },
  })
}

test('a node that is created joins: addresses, a range for pods, a lease, ready', async () => {
  test_ = await startTestCluster([{ name: 'one', zone: 'z' }])
  expect(ready('one')).toMatchObject({ status: 'True', reason: 'KubeletReady' })
  expect(node('one')?.spec).toMatchObject({ podCIDR: '10.244.0.0/24' })
  expect(node('one')?.status?.addresses).toContainEqual({ type: 'Hostname', address: 'one' })
  expect(node('one')?.status?.allocatable).toMatchObject({ cpu: '4', pods: '110' })
  await test_.pass(30)
  const lease = test_.cluster.get('leases.coordination.k8s.io', 'kube-node-lease', 'one')
  const age = test_.clock.now().getTime() - Date.parse(lease?.spec?.renewTime ?? '')
  expect(age).toBeLessThanOrEqual(10_000)
})

test('a node that falls silent becomes Unknown, its pods not ready, then they move; it comes back', async () => {
  test_ = await startTestCluster()
  deploy(3)
  await test_.pass(2)
  const fault = test_.faults.add({ kind: 'nodeDown', node: 'node-1' })
  await test_.pass(30)
  expect(ready('node-1')?.status).toBe('True')
  await test_.pass(25)
  expect(ready('node-1')).toMatchObject({ status: 'Unknown', reason: 'NodeStatusUnknown' })
  const taints = node('node-1')?.spec?.taints?.map((taint) => `${taint.key}:${taint.effect}`)
  expect(taints).toEqual(['node.kubernetes.io/unreachable:NoSchedule', 'node.kubernetes.io/unreachable:NoExecute'])
  const there = () => pods().filter((pod) => pod.spec.nodeName === 'node-1')
  expect(there().map((pod) => [isReady(pod), pod.metadata.deletionTimestamp])).toEqual([[false, undefined]])
  expect(test_.cluster.get('deployments.apps', 'default', 'web')?.status?.availableReplicas).toBe(2)
  await test_.pass(310)
  expect(there().map((pod) => pod.metadata.deletionTimestamp === undefined)).toEqual([false])
  expect(pods().filter((pod) => isReady(pod) && pod.spec.nodeName !== 'node-1')).toHaveLength(3)
  test_.faults.remove(fault)
  await test_.pass(15)
  expect(ready('node-1')?.status).toBe('True')
  expect(node('node-1')?.spec?.taints ?? []).toEqual([])
  expect(there()).toEqual([])
})

test('a node that is back in time keeps its pods', async () => {
  test_ = await startTestCluster()
  deploy(3)
  await test_.pass(2)
  const before = pods().map((pod) => pod.metadata.uid)
  const fault = test_.faults.add({ kind: 'nodeDown', node: 'node-1' })
  await test_.pass(100)
  test_.faults.remove(fault)
  await test_.pass(400)
  expect(pods().map((pod) => pod.metadata.uid)).toEqual(before)
  expect(pods().every(isReady)).toBe(true)
})

test('a cordoned node is tainted and gets no more pods', async () => {
  test_ = await startTestCluster()
  for (const name of ['node-1', 'node-2']) {
    const found = node(name)
    if (found) test_.cluster.update('nodes', { ...found, spec: { ...found.spec, unschedulable: true } })
  }
  await test_.pass(0.1)
  expect(node('node-1')?.spec?.taints?.[0]).toMatchObject({
    key: 'node.kubernetes.io/unschedulable',
    effect: 'NoSchedule',
  })
  deploy(4)
  await test_.pass(2)
  expect(new Set(pods().map((pod) => pod.spec.nodeName))).toEqual(new Set(['node-3']))
})

test('the pods of a deleted node are removed and made anew elsewhere', async () => {
  test_ = await startTestCluster()
  deploy(3)
  await test_.pass(2)
  const found = node('node-1')
  if (found) test_.cluster.delete('nodes', found)
  await test_.pass(3)
  expect(
    pods()
      .filter(isReady)
      .map((pod) => pod.spec.nodeName)
      .sort(),
  ).not.toContain('node-1')
  expect(pods().filter(isReady)).toHaveLength(3)
  expect(test_.cluster.get('leases.coordination.k8s.io', 'kube-node-lease', 'node-1')).toBeUndefined()
})

test('a pod that fits nowhere says why, and runs when a node that is large enough joins', async () => {
  test_ = await startTestCluster([
    { name: 'small', cpu: '1' },
    { name: 'full', cpu: '2', taints: [{ key: 'k', effect: 'NoSchedule' }] },
  ])
  const resources = { requests: { cpu: '1500m' } }
  test_.cluster.create('pods', {
    metadata: { name: 'big', namespace: 'default' },
    spec: { containers: [{ name: 'a', image: 'a', resources }] },
  })
  await test_.pass(1)
  const big = () => test_.cluster.get('pods', 'default', 'big')
  expect(conditionOf(big()?.status?.conditions, 'PodScheduled')).toMatchObject({
    status: 'False',
    reason: 'Unschedulable',
    message:
      '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). no new claims to deallocate, ' +
      'preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
  })
  expect(test_.cluster.list('events', 'default').map((event) => event.reason)).toContain('FailedScheduling')
  test_.cluster.api.create('nodes', nodeObject({ name: 'large', cpu: '2' }))
  await test_.pass(2)
  expect(big()?.spec.nodeName).toBe('large')
})

test('requests are respected: no node is given more than it has', async () => {
  test_ = await startTestCluster()
  const resources = { requests: { cpu: '1', memory: '1Gi' } }
  for (let number = 0; number < 15; number++)
    test_.cluster.create('pods', {
      metadata: { name: `p${number}`, namespace: 'default' },
      spec: { containers: [{ name: 'a', image: 'a', resources }] },
    })
  await test_.pass(2)
  const counts = ['node-1', 'node-2', 'node-3'].map((name) => pods().filter((pod) => pod.spec.nodeName === name).length)
  expect(counts).toEqual([4, 4, 4])
  const [first] = pods().filter((pod) => pod.spec.nodeName)
  if (first) test_.cluster.delete('pods', first)
  await test_.pass(2)
  expect(pods().filter((pod) => pod.spec.nodeName)).toHaveLength(12)
})

test('anti-affinity and spreading keep pods apart', async () => {
  test_ = await startTestCluster()
  const labelSelector = { matchLabels: { app: 'apart' } }
  const affinity = {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector, topologyKey: 'kubernetes.io/hostname' }],
    },
  }
  for (let number = 0; number < 4; number++)
    test_.cluster.create('pods', {
      metadata: { name: `p${number}`, namespace: 'default', labels: { app: 'apart' } },
      spec: { affinity, containers: [{ name: 'a', image: 'a' }] },
    })
  await test_.pass(1)
  expect(new Set(pods().flatMap((pod) => pod.spec.nodeName ?? [])).size).toBe(3)
  const waiting = pods().find((pod) => !pod.spec.nodeName)
  expect(waiting?.status?.conditions?.[0]?.message).toMatch(
    /^0\/3 nodes are available: 3 node\(s\) didn't match pod anti-affinity rules/,
  )
})
