import { afterEach, expect, test } from 'vitest'
import { startTestCluster, type TestCluster } from '../harness.ts'
import { conditionOf } from '../shared/conditions.ts'

let test_: TestCluster

afterEach(() => {
  test_.stop()
  expect(test_.defects).toEqual([])
})

function create(spec: object, command = ['true'], restartPolicy = 'Never'): void {
  test_.cluster.create('jobs.batch', {
    metadata: { name: 'work', namespace: 'default' },
    spec: { template: { spec: { restartPolicy, containers: [{ name: 'a', image: 'a:1', command }] } }, ...spec },
  })
}

const job = () => test_.cluster.get('jobs.batch', 'default', 'work')
const pods = () => test_.cluster.list('pods', 'default')

test('a job completes when enough pods have succeeded, never more at a time than it may', async () => {
  test_ = await startTestCluster()
  create({ completions: 5, parallelism: 2 }, ['sleep', '2'])
  for (let seconds = 0; seconds < 12; seconds++) {
    await test_.pass(1)
    expect(pods().filter((pod) => pod.status?.phase !== 'Succeeded').length).toBeLessThanOrEqual(2)
  }
  expect(job()?.status).toMatchObject({ succeeded: 5, ready: 0, terminating: 0 })
  expect(job()?.status?.completionTime).toBeDefined()
  expect(job()?.status?.conditions?.map((condition) => condition.type)).toEqual(['SuccessCriteriaMet', 'Complete'])
  expect(pods()).toHaveLength(5)
})

test('a job that fails too often has failed, after longer and longer waits', async () => {
  test_ = await startTestCluster()
  create({ backoffLimit: 2 }, ['false'])
  await test_.pass(5)
  expect(job()?.status).toMatchObject({ failed: 1 })
  await test_.pass(10)
  expect(job()?.status).toMatchObject({ failed: 2 })
  await test_.pass(21)
  expect(job()?.status).toMatchObject({ failed: 3 })
  expect(conditionOf(job()?.status?.conditions, 'Failed')?.reason).toBe('BackoffLimitExceeded')
})

test('a job that takes too long is ended', async () => {
  test_ = await startTestCluster()
  create({ activeDeadlineSeconds: 30 }, ['sleep', '1h'])
  await test_.pass(29)
  expect(job()?.status?.active).toBe(1)
  await test_.pass(3)
  expect(conditionOf(job()?.status?.conditions, 'Failed')?.reason).toBe('DeadlineExceeded')
  expect(pods().filter((pod) => pod.status?.phase === 'Running')).toEqual([])
})

test('a finished job goes with its pods after its time to live', async () => {
  test_ = await startTestCluster()
  create({ ttlSecondsAfterFinished: 60 })
  await test_.pass(30)
  expect(job()).toBeDefined()
  await test_.pass(40)
  expect(job()).toBeUndefined()
  expect(pods()).toEqual([])
})

test('a pod that is deleted after its end still counts', async () => {
  test_ = await startTestCluster()
  create({ completions: 2, parallelism: 1 })
  await test_.pass(0.5)
  const [first] = pods()
  if (first) test_.cluster.delete('pods', first, { gracePeriodSeconds: 0 })
  await test_.pass(3)
  expect(job()?.status?.succeeded).toBe(2)
})

test('a running job that is deleted leaves nothing behind', async () => {
  test_ = await startTestCluster()
  create({}, ['sleep', '1h'])
  await test_.pass(2)
  const now = job()
  if (now) test_.cluster.delete('jobs.batch', now, { propagationPolicy: 'Background' })
  await test_.pass(3)
  expect(job()).toBeUndefined()
  expect(pods()).toEqual([])
})

test('a suspended job has no pods until it goes on', async () => {
  test_ = await startTestCluster()
  create({ suspend: true })
  await test_.pass(2)
  expect(pods()).toEqual([])
  const now = job()
  if (now) test_.cluster.update('jobs.batch', { ...now, spec: { ...now.spec, suspend: false } })
  await test_.pass(2)
  expect(job()?.status?.succeeded).toBe(1)
})

test('an indexed job gives each number to one pod, and a failed number to another', async () => {
  test_ = await startTestCluster()
  const fault = test_.faults.add({ kind: 'crash', container: 'a' })
  create({ completions: 3, parallelism: 3, completionMode: 'Indexed' })
  await test_.pass(1)
  expect(job()?.status).toMatchObject({ failed: 3 })
  test_.faults.remove(fault)
  await test_.pass(60)
  expect(job()?.status).toMatchObject({ succeeded: 3, completedIndexes: '0-2' })
  const numbers = pods().map((pod) => pod.metadata.annotations?.['batch.kubernetes.io/job-completion-index'])
  expect(numbers.sort()).toEqual(['0', '0', '1', '1', '2', '2'])
})
