import { afterEach, expect, test } from 'vitest'
import { startTestCluster, type TestCluster } from '../harness.ts'
import { conditionOf } from '../shared/conditions.ts'
import { type Kinds } from '../shared/kinds.ts'
import { isReady } from '../shared/pods.ts'

let test_: TestCluster

afterEach(() => {
  test_.stop()
  expect(test_.defects).toEqual([])
})

const { keys } = Object

function make(name: string, namespace = 'default'): void {
  test_.cluster.create('deployments.apps', {
    metadata: { name, namespace },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'a', image: 'a:1', ports: [{ name: 'http', containerPort: 8080 }] }] },
      },
    },
  })
}

const count = (resource: keyof Kinds, namespace = 'default'): number => test_.cluster.list(resource, namespace).length

function remove(propagationPolicy: 'Background' | 'Foreground' | 'Orphan'): void {
  const found = test_.cluster.get('deployments.apps', 'default', 'web')
  if (found) test_.cluster.delete('deployments.apps', found, { propagationPolicy })
}

test('background deletion takes the owner at once and the dependents after it', async () => {
  test_ = await startTestCluster()
  make('web')
  await test_.pass(2)
  remove('Background')
  expect(count('deployments.apps')).toBe(0)
  await test_.pass(2)
  expect([count('replicasets.apps'), count('pods')]).toEqual([0, 0])
})

test('foreground deletion takes the owner last', async () => {
  test_ = await startTestCluster()
  make('web')
  await test_.pass(2)
  remove('Foreground')
  await test_.pass(0.05)
  expect([count('deployments.apps'), count('replicasets.apps'), count('pods')]).toEqual([1, 1, 2])
  await test_.pass(2)
  expect([count('deployments.apps'), count('replicasets.apps'), count('pods')]).toEqual([0, 0, 0])
})

test('orphaned dependents stay, and a new owner adopts them', async () => {
  test_ = await startTestCluster()
  make('web')
  await test_.pass(2)
  const before = test_.cluster.list('pods', 'default').map((pod) => pod.metadata.uid)
  remove('Orphan')
  await test_.pass(2)
  expect([count('deployments.apps'), count('replicasets.apps'), count('pods')]).toEqual([0, 1, 2])
  make('web')
  await test_.pass(2)
  expect(test_.cluster.list('pods', 'default').map((pod) => pod.metadata.uid)).toEqual(before)
  expect(test_.cluster.get('deployments.apps', 'default', 'web')?.status?.availableReplicas).toBe(2)
})

test('an object whose owner never was is collected; one with an owner left only loses the other', async () => {
  test_ = await startTestCluster()
  const owner = test_.cluster.create('configmaps', { metadata: { name: 'owner', namespace: 'default' } })
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid }
  const ghost = { ...reference, name: 'ghost', uid: 'none' }
  test_.cluster.create('configmaps', { metadata: { name: 'lost', namespace: 'default', ownerReferences: [ghost] } })
  test_.cluster.create('configmaps', {
    metadata: { name: 'kept', namespace: 'default', ownerReferences: [reference, ghost] },
  })
  await test_.pass(1)
  expect(test_.cluster.get('configmaps', 'default', 'lost')).toBeUndefined()
  expect(test_.cluster.get('configmaps', 'default', 'kept')?.metadata.ownerReferences).toEqual([reference])
})

test('a namespace is emptied and gone', async () => {
  test_ = await startTestCluster()
  test_.cluster.create('namespaces', { metadata: { name: 'shop' } })
  make('web', 'shop')
  await test_.pass(2)
  expect(test_.cluster.get('serviceaccounts', 'shop', 'default')).toBeDefined()
  expect(keys(test_.cluster.get('configmaps', 'shop', 'kube-root-ca.crt')?.data ?? {})).toEqual(['ca.crt'])
  const namespace = test_.cluster.get('namespaces', undefined, 'shop')
  if (namespace) test_.cluster.delete('namespaces', namespace)
  expect(test_.cluster.get('namespaces', undefined, 'shop')?.status?.phase).toBe('Terminating')
  await test_.pass(3)
  expect(test_.cluster.get('namespaces', undefined, 'shop')).toBeUndefined()
  for (const resource of ['pods', 'deployments.apps', 'configmaps', 'events'] as const)
    expect(count(resource, 'shop')).toBe(0)
})

test('a foreign finalizer holds a namespace, which says so, until it is taken away', async () => {
  test_ = await startTestCluster()
  test_.cluster.create('namespaces', { metadata: { name: 'shop' } })
  test_.cluster.create('configmaps', {
    metadata: { name: 'held', namespace: 'shop', finalizers: ['example.com/hold'] },
  })
  await test_.pass(1)
  const namespace = test_.cluster.get('namespaces', undefined, 'shop')
  if (namespace) test_.cluster.delete('namespaces', namespace)
  await test_.pass(5)
  const { conditions } = test_.cluster.get('namespaces', undefined, 'shop')?.status ?? {}
  expect(conditionOf(conditions, 'NamespaceContentRemaining')).toMatchObject({
    status: 'True',
    message: 'Some resources are remaining: configmaps. has 1 resource instances',
  })
  expect(conditionOf(conditions, 'NamespaceFinalizersRemaining')?.message).toBe(
    'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
  )
  const held = test_.cluster.get('configmaps', 'shop', 'held')
  if (held) test_.cluster.update('configmaps', { ...held, metadata: { ...held.metadata, finalizers: [] } })
  await test_.pass(1)
  expect(test_.cluster.get('namespaces', undefined, 'shop')).toBeUndefined()
})

test('endpoints hold the ready pods of a service, not those that end', async () => {
  test_ = await startTestCluster()
  test_.cluster.create('services', {
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { app: 'web' }, ports: [{ name: 'web', port: 80, targetPort: 'http' }] },
  })
  make('web')
  await test_.pass(0.1)
  const endpoints = () => test_.cluster.get('endpoints', 'default', 'web')?.subsets ?? []
  const slice = () => test_.cluster.list('endpointslices.discovery.k8s.io', 'default')
  expect(endpoints()[0]?.addresses).toBeUndefined()
  await test_.pass(2)
  expect(endpoints()[0]?.addresses).toHaveLength(2)
  expect(endpoints()[0]?.ports).toEqual([{ name: 'web', port: 8080, protocol: 'TCP' }])
  expect(slice()).toHaveLength(1)
  expect(slice()[0]?.endpoints?.[0]).toMatchObject({ conditions: { ready: true, serving: true, terminating: false } })
  const deployment = test_.cluster.get('deployments.apps', 'default', 'web')
  if (deployment) test_.cluster.update('deployments.apps', { ...deployment, spec: { ...deployment.spec, replicas: 1 } })
  await test_.pass(0.05)
  expect(endpoints()[0]?.addresses).toHaveLength(1)
  const service = test_.cluster.get('services', 'default', 'web')
  if (service) test_.cluster.delete('services', service)
  await test_.pass(1)
  expect([count('endpoints'), count('endpointslices.discovery.k8s.io')]).toEqual([0, 0])
})

test('a quota says what is used', async () => {
  test_ = await startTestCluster()
  const hard = { pods: '5', 'requests.cpu': '2', persistentvolumeclaims: '3' }
  test_.cluster.create('resourcequotas', { metadata: { name: 'q', namespace: 'default' }, spec: { hard } })
  await test_.pass(0.1)
  const used = () => test_.cluster.get('resourcequotas', 'default', 'q')?.status?.used
  expect(used()).toEqual({ pods: '0', 'requests.cpu': '0', persistentvolumeclaims: '0' })
  const resources = { requests: { cpu: '250m' } }
  const spec = { containers: [{ name: 'a', image: 'a:1', resources }] }
  test_.cluster.create('pods', { metadata: { name: 'one', namespace: 'default' }, spec })
  await test_.pass(1)
  expect(used()).toMatchObject({ pods: '1', 'requests.cpu': '250m' })
  const pod = test_.cluster.get('pods', 'default', 'one')
  if (pod) test_.cluster.delete('pods', pod)
  await test_.pass(1)
  expect(used()).toMatchObject({ pods: '0', 'requests.cpu': '0' })
})

test('a disruption budget knows how many pods may go', async () => {
  test_ = await startTestCluster()
  make('web')
  test_.cluster.create('poddisruptionbudgets.policy', {
    metadata: { name: 'web', namespace: 'default' },
    spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } },
  })
  await test_.pass(2)
  const status = () => test_.cluster.get('poddisruptionbudgets.policy', 'default', 'web')?.status
  expect(status()).toMatchObject({ expectedPods: 2, currentHealthy: 2, desiredHealthy: 1, disruptionsAllowed: 1 })
  const [pod] = test_.cluster.list('pods', 'default').filter(isReady)
  if (pod) test_.cluster.delete('pods', pod)
  await test_.pass(0.05)
  expect(status()).toMatchObject({ currentHealthy: 1, disruptionsAllowed: 0 })
})
