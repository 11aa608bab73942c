import { expect } from 'vitest'
import { contract } from './cluster.ts'
import { type Body } from './http.ts'
import { type Namespace } from './namespace.ts'
import { job } from './objects.ts'
import { at, conditionOf, eventually, expectStatus } from './observe.ts'

const ended = (ns: Namespace, condition: 'Complete' | 'Failed') =>
  eventually(`the job is ${condition}`, async () => {
    const read = await ns.read('jobs', 'one')
    return conditionOf(read, condition)?.status === 'True' && read
  })

const phases = async (ns: Namespace) => (await ns.list('pods')).map((one) => at(one, 'status.phase'))

contract('jobs', (check) => {
  check('a job runs to its end, once, and says when', async (cluster) => {
    const ns = await cluster.namespace()
    const made = await ns.create('jobs', job('one', 'exit 0'))
    const done = await ended(ns, 'Complete')
    expect(done.status).toMatchObject({ succeeded: 1, ready: 0, terminating: 0, uncountedTerminatedPods: {} })
    expect(done.status).toMatchObject({
      startTime: expect.stringMatching(/Z$/) as string,
      completionTime: expect.stringMatching(/Z$/) as string,
    })
    expect(done.status).not.toHaveProperty('active')
    expect(conditionOf(done, 'SuccessCriteriaMet')).toMatchObject({ status: 'True', reason: 'CompletionsReached' })
    expect(conditionOf(done, 'Complete')).toMatchObject({
      reason: 'CompletionsReached',
      message: 'Reached expected number of succeeded pods',
    })
    const [pod, ...others] = await ns.list('pods')
    expect(others).toEqual([])
    expect(pod?.metadata.name).toMatch(/^one-[a-z0-9]{5}$/)
    expect(pod?.metadata.labels).toEqual({
      'batch.kubernetes.io/controller-uid': made.metadata.uid,
      'batch.kubernetes.io/job-name': 'one',
      'controller-uid': made.metadata.uid,
      'job-name': 'one',
    })
    expect(at(pod, 'status.phase')).toBe('Succeeded')
    expect(pod?.metadata.finalizers).toBeUndefined()
    expect(pod?.metadata.ownerReferences).toMatchObject([
      { kind: 'Job', uid: made.metadata.uid, controller: true, blockOwnerDeletion: true },
    ])
  })

  check('a failure beyond the backoff limit fails the job', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('jobs', job('one', 'exit 3', { backoffLimit: 0 }))
    const failed = await ended(ns, 'Failed')
    expect(failed.status).toMatchObject({ failed: 1 })
    expect(failed.status).not.toHaveProperty('completionTime')
    expect(conditionOf(failed, 'FailureTarget')).toMatchObject({ status: 'True', reason: 'BackoffLimitExceeded' })
    expect(conditionOf(failed, 'Failed')).toMatchObject({
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    })
    const [pod] = await ns.list('pods')
    expect(at(pod, 'status.containerStatuses.0.state.terminated')).toMatchObject({ exitCode: 3, reason: 'Error' })
    expect(at(pod, 'status.phase')).toBe('Failed')
  })

  check('a job that takes too long is stopped', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('jobs', job('one', 'sleep 1000', { activeDeadlineSeconds: 2 }))
    const failed = await ended(ns, 'Failed')
    expect(conditionOf(failed, 'Failed')).toMatchObject({
      reason: 'DeadlineExceeded',
      message: 'Job was active longer than specified deadline',
    })
    await eventually('its pod is gone', async () => (await ns.list('pods')).length === 0)
  })

  check('as many at once as parallelism, as many in all as completions', async (cluster) => {
    const ns = await cluster.namespace()
    const watch = await ns.watch('jobs', { resourceVersion: 0 })
    await ns.create('jobs', job('one', 'exit 0', { completions: 3, parallelism: 2 }))
    const done = await ended(ns, 'Complete')
    watch.close()
    expect(at(done, 'status.succeeded')).toBe(3)
    expect(
      Math.max(...watch.events.map((event) => Number(at(event.object, 'status.active') ?? 0))),
    ).toBeLessThanOrEqual(2)
    expect(await phases(ns)).toEqual(['Succeeded', 'Succeeded', 'Succeeded'])
  })

  check('a suspended job has no pods until it is resumed', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('jobs', job('one', 'exit 0', { suspend: true }))
    const suspended = await eventually('the condition', async () =>
      conditionOf(await ns.read('jobs', 'one'), 'Suspended'),
    )
    expect(suspended).toMatchObject({ status: 'True', reason: 'JobSuspended', message: 'Job suspended' })
    expect(await ns.list('pods')).toEqual([])
    expect(at(await ns.read('jobs', 'one'), 'status.startTime')).toBeUndefined()
    expectStatus(await ns.patch('merge', 'jobs', 'one', { spec: { suspend: false } }), 200)
    const done = await ended(ns, 'Complete')
    expect(conditionOf(done, 'Suspended')).toMatchObject({ status: 'False', reason: 'JobResumed' })
  })

  check('a job that is to be forgotten is removed with its pods', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('jobs', job('one', 'exit 0', { ttlSecondsAfterFinished: 1 }))
    await eventually('it is gone', async () => (await ns.get('jobs', 'one')).status === 404)
    await eventually('its pods are gone', async () => (await ns.list('pods')).length === 0)
  })

  check('a pod that is held by tracking is let go when it was counted', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('jobs', job('one', 'sleep 1000'))
    const pod: Body = await eventually('a running pod', async () =>
      (await ns.list('pods')).find((one) => at(one, 'status.phase') === 'Running'),
    )
    expect(pod.metadata.finalizers).toEqual(['batch.kubernetes.io/job-tracking'])
    const active = await ns.read('jobs', 'one')
    expect(active.status).toMatchObject({ active: 1 })
    expectStatus(await ns.delete('pods', pod.metadata.name), 200)
    await eventually('it is gone', async () => (await ns.get('pods', pod.metadata.name)).status === 404)
    await eventually('it counts as failed', async () => at(await ns.read('jobs', 'one'), 'status.failed') === 1)
  })

  check('OnFailure restarts the container in its pod', async (cluster) => {
    const ns = await cluster.namespace()
    const watch = await ns.watch('pods', { resourceVersion: 0 })
    const body = job('one', 'exit 3', { backoffLimit: 1 })
    const template = at(body, 'spec.template.spec') as object
    await ns.create('jobs', {
      ...body,
      spec: { backoffLimit: 1, template: { spec: { ...template, restartPolicy: 'OnFailure' } } },
    })
    await eventually('a restart', () =>
      watch.events.some(({ object }) => Number(at(object, 'status.containerStatuses.0.restartCount')) >= 1),
    )
    watch.close()
    expect(conditionOf(await ended(ns, 'Failed'), 'Failed')?.reason).toBe('BackoffLimitExceeded')
  })

  check('an indexed job gives each pod its number', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('jobs', job('one', 'exit 0', { completions: 2, parallelism: 2, completionMode: 'Indexed' }))
    const done = await ended(ns, 'Complete')
    expect(at(done, 'status.completedIndexes')).toBe('0,1')
    const pods = await ns.list('pods')
    expect(pods.map((one) => one.metadata.annotations?.['batch.kubernetes.io/job-completion-index']).sort()).toEqual([
      '0',
      '1',
    ])
    expect(pods.map((one) => one.metadata.name.replace(/-[a-z0-9]{5}$/, '')).sort()).toEqual(['one-0', 'one-1'])
  })
})
