import { afterEach, expect, test } from 'vitest'
import { startTestCluster, type TestCluster } from '../harness.ts'

let test_: TestCluster

afterEach(() => {
  test_.stop()
  expect(test_.defects).toEqual([])
})

function claim(spec: object = {}): void {
  test_.cluster.create('persistentvolumeclaims', {
    metadata: { name: 'data', namespace: 'default' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  })
}

function user(name = 'one'): void {
  const volumes = [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }]
  test_.cluster.create('pods', {
    metadata: { name, namespace: 'default' },
    spec: { volumes, containers: [{ name: 'a', image: 'a:1', volumeMounts: [{ name: 'd', mountPath: '/d' }] }] },
  })
}

const found = () => test_.cluster.get('persistentvolumeclaims', 'default', 'data')
const pod = (name = 'one') => test_.cluster.get('pods', 'default', name)
const volumes = () => test_.cluster.list('persistentvolumes')

function deleteClaim(): void {
  const now = found()
  if (now) test_.cluster.delete('persistentvolumeclaims', now)
}

test('a claim waits for its first consumer and is made where that one goes', async () => {
  test_ = await startTestCluster()
  claim()
  await test_.pass(5)
  expect(found()?.status?.phase).toBe('Pending')
  expect(test_.cluster.list('events', 'default').map((event) => event.reason)).toContain('WaitForFirstConsumer')
  user()
  await test_.pass(2)
  expect(found()?.status).toMatchObject({ phase: 'Bound', capacity: { storage: '1Gi' } })
  expect(volumes()[0]?.spec.nodeAffinity?.required?.nodeSelectorTerms[0]?.matchExpressions).toEqual([
    { key: 'kubernetes.io/hostname', operator: 'In', values: [pod()?.spec.nodeName] },
  ])
  expect(volumes()[0]?.status?.phase).toBe('Bound')
  expect(pod()?.status?.phase).toBe('Running')
})

test('a claim in use is not deleted under the pod; after it the volume goes too', async () => {
  test_ = await startTestCluster()
  claim()
  user()
  await test_.pass(2)
  deleteClaim()
  await test_.pass(60)
  expect(found()?.metadata).toMatchObject({ finalizers: ['kubernetes.io/pvc-protection'] })
  const user_ = pod()
  if (user_) test_.cluster.delete('pods', user_)
  await test_.pass(2)
  expect(found()).toBeUndefined()
  expect(volumes()).toEqual([])
})

test('a volume whose policy is Retain outlives its claim and is not given away', async () => {
  test_ = await startTestCluster()
  const standard = test_.cluster.get('storageclasses.storage.k8s.io', undefined, 'standard')
  test_.cluster.create('storageclasses.storage.k8s.io', {
    metadata: { name: 'kept' },
    provisioner: standard?.provisioner,
    reclaimPolicy: 'Retain',
    volumeBindingMode: 'Immediate',
  })
  claim({ storageClassName: 'kept' })
  await test_.pass(1)
  expect(found()?.status?.phase).toBe('Bound')
  deleteClaim()
  await test_.pass(1)
  expect(volumes().map((volume) => volume.status?.phase)).toEqual(['Released'])
})

test('a volume that was prepared is preferred to a new one', async () => {
  test_ = await startTestCluster()
  for (const [name, storage] of [
    ['large', '10Gi'],
    ['small', '2Gi'],
    ['tiny', '1Mi'],
  ])
    test_.cluster.create('persistentvolumes', {
      metadata: { name },
      spec: {
        storageClassName: 'manual',
        accessModes: ['ReadWriteOnce'],
        capacity: { storage },
        hostPath: { path: '/x' },
      },
    })
  claim({ storageClassName: 'manual' })
  await test_.pass(1)
  expect(found()?.spec.volumeName).toBe('small')
  expect(found()?.status?.capacity).toEqual({ storage: '2Gi' })
})

test('a claim that never binds keeps its pod waiting, until the fault is gone', async () => {
  test_ = await startTestCluster()
  const fault = test_.faults.add({ kind: 'volumeNeverBinds', storageClass: 'standard' })
  claim()
  user()
  await test_.pass(60)
  expect(found()?.status?.phase).toBe('Pending')
  expect(pod()?.spec.nodeName).toBeUndefined()
  test_.faults.remove(fault)
  await test_.pass(2)
  expect(pod()?.status?.phase).toBe('Running')
})

test('a missing claim is said, and the pod runs when it is made', async () => {
  test_ = await startTestCluster()
  user()
  await test_.pass(1)
  expect(pod()?.status?.conditions?.[0]?.message).toBe(
    '0/3 nodes are available: persistentvolumeclaim "data" not found. not found',
  )
  claim()
  await test_.pass(2)
  expect(pod()?.status?.phase).toBe('Running')
})

test('a claim grows where its class allows it', async () => {
  test_ = await startTestCluster()
  claim()
  user()
  await test_.pass(2)
  const now = found()
  if (now)
    test_.cluster.update('persistentvolumeclaims', {
      ...now,
      spec: { ...now.spec, resources: { requests: { storage: '3Gi' } } },
    })
  await test_.pass(1)
  expect(found()?.status?.capacity).toEqual({ storage: '3Gi' })
  expect(volumes()[0]?.spec.capacity).toEqual({ storage: '3Gi' })
})

test('a claim whose volume is taken away is lost', async () => {
  test_ = await startTestCluster()
  claim()
  user()
  await test_.pass(2)
  const [volume] = volumes()
  if (volume) {
    test_.cluster.delete('persistentvolumes', volume)
    const held = volumes()[0]
    if (held) test_.cluster.update('persistentvolumes', { ...held, metadata: { ...held.metadata, finalizers: [] } })
  }
  await test_.pass(1)
  expect(found()?.status?.phase).toBe('Lost')
})
