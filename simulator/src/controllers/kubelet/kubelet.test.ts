import { afterEach, expect, test } from 'vitest'
import { startTestCluster, type TestCluster } from '../harness.ts'
import { conditionOf } from '../shared/conditions.ts'
import { type ContainerStatus, type Pod } from '../shared/kinds.ts'
import { isReady } from '../shared/pods.ts'

let test_: TestCluster

afterEach(() => {
  test_.stop()
  expect(test_.defects).toEqual([])
})

function create(spec: object, metadata: object = {}): void {
  test_.cluster.create('pods', { metadata: { name: 'one', namespace: 'default', ...metadata }, spec })
}

function pod(): Pod | undefined {
  return test_.cluster.get('pods', 'default', 'one')
}

function status(): ContainerStatus {
  const [first] = pod()?.status?.containerStatuses ?? []
  if (!first) throw new Error('no container status')
  return first
}

const events = (reason: string) => test_.cluster.list('events', 'default').filter((event) => event.reason === reason)
const plain = { containers: [{ name: 'a', image: 'app:1' }] }

test('a container that exits restarts at once, then after 10, 20, 40 s … and never later than 5 minutes', async () => {
  test_ = await startTestCluster()
  test_.faults.add({ kind: 'crash', container: 'a', exitCode: 3, log: 'boom' })
  create(plain)
  await test_.pass(2)
  expect(status()).toMatchObject({
    ready: false,
    restartCount: 1,
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated: { exitCode: 3, reason: 'Error' } },
  })
  const { uid } = pod()?.metadata ?? {}
  expect(status().state.waiting?.message).toBe(`back-off 10s restarting failed container=a pod=one_default(${uid})`)
  expect(pod()?.status?.phase).toBe('Running')
  const counts: number[] = []
  for (const seconds of [10, 20, 40, 80, 160, 300, 300]) {
    await test_.pass(seconds + 0.2)
    counts.push(status().restartCount)
  }
  expect(counts).toEqual([2, 3, 4, 5, 6, 7, 8])
  expect(status().state.waiting?.message).toMatch(/^back-off 5m0s/)
  expect(test_.logs.read(uid ?? '', 'a')?.map((line) => line.text)).toEqual(['boom'])
  expect(test_.logs.read(uid ?? '', 'a', { previous: true })?.map((line) => line.text)).toEqual(['boom'])
  expect(events('BackOff')[0]?.count).toBe(8)
})

test('a crash that is over heals with the next restart', async () => {
  test_ = await startTestCluster()
  create(plain)
  await test_.pass(1)
  const fault = test_.faults.add({ kind: 'crash', image: 'app:*' })
  await test_.pass(1)
  expect(isReady(pod() ?? ({} as never))).toBe(false)
  test_.faults.remove(fault)
  await test_.pass(10)
  expect(status()).toMatchObject({ ready: true, restartCount: 2 })
})

test('an image that cannot be pulled is said, backed off from, and pulled once it can be', async () => {
  test_ = await startTestCluster()
  const fault = test_.faults.add({ kind: 'imagePull', image: 'app:*' })
  create(plain)
  await test_.pass(0.5)
  expect(status().state.waiting?.reason).toBe('ErrImagePull')
  await test_.pass(1)
  expect(status().state.waiting).toMatchObject({ reason: 'ImagePullBackOff' })
  expect(status().state.waiting?.message).toMatch(/^Back-off pulling image "app:1": ErrImagePull: failed to pull/)
  expect(pod()?.status?.phase).toBe('Pending')
  test_.faults.remove(fault)
  await test_.pass(10)
  expect(status()).toMatchObject({ ready: true, restartCount: 0 })
  expect(events('Failed').map((event) => event.message)).toContain('Error: ImagePullBackOff')
})

test('an image is pulled once per node', async () => {
  test_ = await startTestCluster([{ name: 'only' }])
  create(plain)
  await test_.pass(1)
  create(plain, { name: 'two' })
  await test_.pass(0.15)
  expect(test_.cluster.get('pods', 'default', 'two')?.status?.phase).toBe('Running')
  expect(events('Pulled').map((event) => event.message)).toContain('Container image "app:1" already present on machine')
})

test('readiness waits for the initial delay and one period', async () => {
  test_ = await startTestCluster()
  const readinessProbe = { exec: { command: ['x'] }, initialDelaySeconds: 2, periodSeconds: 3 }
  create({ containers: [{ name: 'a', image: 'app:1', readinessProbe }] })
  await test_.pass(5)
  expect(status()).toMatchObject({ started: true, ready: false })
  expect(conditionOf(pod()?.status?.conditions, 'Ready')?.message).toBe('containers with unready status: [a]')
  await test_.pass(0.5)
  expect(status()).toMatchObject({ started: true, ready: true })
})

test('readiness waits for the startup probe, and is asked for at once after it', async () => {
  test_ = await startTestCluster()
  const exec = { command: ['x'] }
  const [startupProbe, readinessProbe] = [
    { exec, periodSeconds: 5 },
    { exec, periodSeconds: 30, successThreshold: 2 },
  ]
  create({ containers: [{ name: 'a', image: 'app:1', startupProbe, readinessProbe }] })
  await test_.pass(5)
  expect(status()).toMatchObject({ started: false, ready: false })
  await test_.pass(0.5)
  expect(status()).toMatchObject({ started: true, ready: false })
  await test_.pass(30)
  expect(status()).toMatchObject({ started: true, ready: true })
})

test('init containers run one after the other before the containers, a sidecar stays', async () => {
  test_ = await startTestCluster()
  create({
    initContainers: [
      { name: 'first', image: 'app:1' },
      { name: 'beside', image: 'app:1', restartPolicy: 'Always' },
    ],
    containers: [{ name: 'a', image: 'app:1' }],
  })
  await test_.pass(0.3)
  expect(conditionOf(pod()?.status?.conditions, 'Initialized')).toMatchObject({
    status: 'False',
    message: 'containers with incomplete status: [first beside]',
  })
  expect(status().state.waiting?.reason).toBe('PodInitializing')
  await test_.pass(2)
  const [first, beside] = pod()?.status?.initContainerStatuses ?? []
  expect(first?.state.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' })
  expect(beside).toMatchObject({ ready: true, started: true })
  expect(pod() && isReady(pod()!)).toBe(true)
})

test('a pod that is to complete ends with what its command says', async () => {
  test_ = await startTestCluster()
  const command = ['sh', '-c', 'echo hello; sleep 3; exit 4']
  create({ restartPolicy: 'Never', containers: [{ name: 'a', image: 'app:1', command }] })
  await test_.pass(3)
  expect(pod()?.status?.phase).toBe('Running')
  await test_.pass(1)
  expect(pod()?.status?.phase).toBe('Failed')
  expect(status().state.terminated?.exitCode).toBe(4)
  expect(test_.logs.read(pod()?.metadata.uid ?? '', 'a')?.map((line) => line.text)).toEqual(['hello'])
})

test('an annotation says how long a pod runs', async () => {
  test_ = await startTestCluster()
  create({ ...plain, restartPolicy: 'Never' }, { annotations: { 'simulator/run-for': '20s' } })
  await test_.pass(19)
  expect(pod()?.status?.phase).toBe('Running')
  await test_.pass(2)
  expect(pod()?.status?.phase).toBe('Succeeded')
  expect(conditionOf(pod()?.status?.conditions, 'Ready')?.reason).toBe('PodCompleted')
})

test('a missing secret keeps a container from being made until it is there', async () => {
  test_ = await startTestCluster()
  const env = [{ name: 'A', valueFrom: { secretKeyRef: { name: 'none', key: 'k' } } }]
  create({ containers: [{ name: 'a', image: 'app:1', env }] })
  await test_.pass(1)
  expect(status().state.waiting).toEqual({ reason: 'CreateContainerConfigError', message: 'secret "none" not found' })
  test_.cluster.create('secrets', { metadata: { name: 'none', namespace: 'default' }, data: { other: 'eA==' } })
  await test_.pass(10)
  expect(status().state.waiting?.message).toBe("couldn't find key k in Secret default/none")
  const secret = test_.cluster.get('secrets', 'default', 'none')
  if (secret) test_.cluster.update('secrets', { ...secret, data: { k: 'eA==' } })
  await test_.pass(11)
  expect(status().ready).toBe(true)
})

test('a missing ConfigMap volume keeps the pod without a network', async () => {
  test_ = await startTestCluster()
  create({ ...plain, volumes: [{ name: 'c', configMap: { name: 'none' } }] })
  await test_.pass(5)
  expect(status().state.waiting?.reason).toBe('ContainerCreating')
  expect(pod()?.status?.podIP).toBeUndefined()
  expect(events('FailedMount')[0]?.message).toBe('MountVolume.SetUp failed for volume "c" : configmap "none" not found')
})

test('deletion is graceful, and a grace of nothing is at once', async () => {
  test_ = await startTestCluster(undefined, { terminationMilliseconds: 60_000 })
  create({ ...plain, terminationGracePeriodSeconds: 5 })
  await test_.pass(1)
  const now = pod()
  if (now) test_.cluster.delete('pods', now)
  await test_.pass(4)
  expect(pod()?.metadata.deletionTimestamp).toBeDefined()
  await test_.pass(1.1)
  expect(pod()).toBeUndefined()
  expect(events('Killing')[0]?.message).toBe('Stopping container a')
  create(plain)
  await test_.pass(1)
  const next = pod()
  if (next) test_.cluster.delete('pods', next, { gracePeriodSeconds: 0 })
  expect(pod()).toBeUndefined()
})

test('after a restart of the controllers everything runs on as it was', async () => {
  test_ = await startTestCluster()
  create(plain)
  await test_.pass(2)
  const before = pod()
  test_.restart()
  await test_.pass(2)
  expect(pod()).toEqual(before)
})

test('addresses are not given out twice', async () => {
  test_ = await startTestCluster([{ name: 'only' }])
  for (let number = 0; number < 40; number++) create(plain, { name: `p${number}` })
  await test_.pass(2)
  test_.restart()
  for (let number = 40; number < 80; number++) create(plain, { name: `p${number}` })
  await test_.pass(2)
  const addresses = test_.cluster.list('pods', 'default').map((each) => each.status?.podIP)
  expect(new Set(addresses).size).toBe(80)
})

test('events are forgotten after an hour', async () => {
  test_ = await startTestCluster()
  create(plain)
  await test_.pass(1)
  expect(events('Started')).toHaveLength(1)
  await test_.pass(3_700)
  expect(events('Started')).toHaveLength(0)
})
