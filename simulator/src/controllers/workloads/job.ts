/** Runs pods until enough have succeeded or too many failed (k8s.io/kubernetes/pkg/controller/job). */
import { asError } from '../shared/errors.ts'
import { type Draft, keyOf, splitKey } from '../shared/cluster.ts'
import { conditionOf, withCondition } from '../shared/conditions.ts'
import { type Deps } from '../shared/deps.ts'
import { type Job, type JobStatus, type Pod } from '../shared/kinds.ts'
import { controllerOf, isActive, isFinished, isReady, podFromTemplate } from '../shared/pods.ts'
import { time, timeOf } from '../shared/time.ts'
import {
  isJobFinished,
  jobCondition,
  remainingTime,
  type Verdict,
  verdictOf,
  verdictTarget,
  withSuspension,
} from './job-status.ts'
import { completedIndexes, formatIndexes, indexedPod, isIndexed, nextIndexes } from './job-indexes.ts'
import { wakeOwner } from './wake.ts'

/** Held by each pod until its end has been counted, so that no result is lost with a deleted pod. */
const TRACKING = 'batch.kubernetes.io/job-tracking'
const FIRST_BACKOFF_MILLISECONDS = 10_000
const LAST_BACKOFF_MILLISECONDS = 600_000

/** How the job stands: pods that have ended, the numbers that are done, and the pods counted only now. */
type Counts = { succeeded: number; failed: number; done: ReadonlySet<number>; counted: readonly Pod[] }

export function startJobs(deps: Deps): void {
  const { cluster, changes, clock } = deps
  const recorder = deps.events.recorder({ component: 'job-controller' })
  const queue = deps.queue(reconcile)
  const strays = deps.queue(releaseStray)
  /** When a job may make its next pod after a failure. */
  const notBefore = new Map<string, number>()
  changes.on('jobs.batch', ({ type, object }) => {
    queue.add(keyOf(object))
    if (type === 'DELETED') for (const pod of cluster.owned('pods', object.metadata.uid)) strays.add(keyOf(pod))
  })
  wakeOwner(changes, 'pods', 'Job', queue)
  changes.on('pods', ({ type, object }) => {
    const owner = controllerOf(object)
    if (type === 'DELETED' || owner?.kind !== 'Job' || !object.metadata.finalizers?.includes(TRACKING)) return
    if (object.metadata.deletionTimestamp !== undefined) strays.add(keyOf(object))
  })

  /** A pod that no job counts any more is let go. */
  function releaseStray(key: string): void {
    const [namespace, name] = splitKey(key)
    const pod = cluster.get('pods', namespace, name)
    const owner = pod && controllerOf(pod)
    if (!pod || !owner || cluster.get('jobs.batch', namespace, owner.name)?.metadata.uid === owner.uid) return
    untrack(pod)
  }

  function untrack(pod: Pod): void {
    if (!pod.metadata.finalizers?.includes(TRACKING)) return
    const finalizers = pod.metadata.finalizers.filter((each) => each !== TRACKING)
    cluster.update('pods', { ...pod, metadata: { ...pod.metadata, finalizers } })
  }

  function reconcile(key: string): void {
    const [namespace, name] = splitKey(key)
    const job = cluster.get('jobs.batch', namespace, name)
    if (!job) {
      notBefore.delete(key)
      return queue.forget(key)
    }
    if (job.metadata.deletionTimestamp !== undefined) return
    if (isJobFinished(job)) return expire(key, job)
    const now = clock.now()
    const pods = cluster.owned('pods', job.metadata.uid)
    const counts = count(key, job, pods)
    const active = pods.filter(isActive)
    let status: JobStatus = {
      ...job.status,
      ...(job.spec.suspend ? {} : { startTime: job.status?.startTime ?? time(now) }),
      succeeded: counts.succeeded || undefined,
      ...(isIndexed(job) ? { completedIndexes: formatIndexes(counts.done) || undefined } : {}),
      failed: counts.failed || undefined,
      uncountedTerminatedPods: {},
    }
    const verdict = targetOf(job) ?? verdictOf({ ...job, status }, counts, active, now)
    let failure: Error | undefined
    if (verdict) {
      for (const pod of active) end(job, pod)
      status = concluded(status, verdict, now, cluster.owned('pods', job.metadata.uid).every(isFinished))
    } else {
      status = withSuspension(status, job.spec.suspend === true, now)
      failure = scale(key, job, active, counts)
    }
    writeStatus(job, status)
    for (const pod of counts.counted) untrack(pod)
    if (status.completionTime && verdict?.type === 'Complete')
      recorder.event(job, { type: 'Normal', reason: 'Completed', message: 'Job completed' })
    const wait = remainingTime({ ...job, status }, now)
    if (Number.isFinite(wait) && !verdict) queue.addAfter(key, wait)
    if (failure !== undefined) throw failure
  }

  /** What was decided already and now only waits for the last pods to end. */
  function targetOf(job: Job): Verdict | undefined {
    const failed = conditionOf(job.status?.conditions, 'FailureTarget')
    const met = conditionOf(job.status?.conditions, 'SuccessCriteriaMet')
    const target = failed ?? met
    if (!target) return undefined
    return { type: failed ? 'Failed' : 'Complete', reason: target.reason ?? '', message: target.message ?? '' }
  }

  /** Adds the pods that have ended since the last look to the counts of the status. */
  function count(key: string, job: Job, pods: readonly Pod[]): Counts {
    const counted = pods.filter((pod) => isFinished(pod) && pod.metadata.finalizers?.includes(TRACKING))
    const successes = counted.filter((pod) => pod.status?.phase === 'Succeeded')
    const done = isIndexed(job) ? completedIndexes(job, successes) : new Set<number>()
    const failed = counted.length - successes.length
    const failures = (job.status?.failed ?? 0) + failed
    if (failed > 0) {
      const backoff = Math.min(FIRST_BACKOFF_MILLISECONDS * 2 ** (failures - 1), LAST_BACKOFF_MILLISECONDS)
      notBefore.set(key, clock.now().getTime() + backoff)
    } else if (successes.length > 0) notBefore.delete(key)
    const succeeded = isIndexed(job) ? done.size : (job.status?.succeeded ?? 0) + successes.length
    return { succeeded, failed: failures, done, counted }
  }

  function scale(key: string, job: Job, active: readonly Pod[], { succeeded, done }: Counts): Error | undefined {
    const { completions, parallelism = 1, suspend } = job.spec
    const left = completions === undefined ? (succeeded > 0 ? active.length : parallelism) : completions - succeeded
    const wanted = suspend ? 0 : Math.min(parallelism, left)
    for (const pod of active.slice(Math.max(0, wanted))) end(job, pod)
    if (active.length >= wanted) return undefined
    const wait = (notBefore.get(key) ?? 0) - clock.now().getTime()
    if (wait > 0) {
      queue.addAfter(key, wait)
      return undefined
    }
    try {
      const missing = wanted - active.length
      if (isIndexed(job)) {
        for (const index of nextIndexes(job, done, active, missing)) create(job, indexedPod(job, index, [TRACKING]))
      } else {
        const draft = podFromTemplate(job.spec.template, job, { finalizers: [TRACKING] })
        for (let count = 0; count < missing; count++) create(job, draft)
      }
      return undefined
    } catch (error) {
      return asError(error)
    }
  }

  function create(job: Job, draft: Draft): void {
    try {
      const pod = cluster.create('pods', draft)
      recorder.event(job, { type: 'Normal', reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}` })
    } catch (error) {
      const message = `Error creating: ${asError(error).message}`
      recorder.event(job, { type: 'Warning', reason: 'FailedCreate', message })
      throw error
    }
  }

  function end(job: Job, pod: Pod): void {
    cluster.delete('pods', pod)
    recorder.event(job, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` })
  }

  function concluded(status: JobStatus, verdict: Verdict, now: Date, ended: boolean): JobStatus {
    let conditions = status.conditions
    const target = verdictTarget(verdict)
    if (!conditionOf(conditions, target)) {
      conditions = withCondition(conditions, jobCondition(target, verdict, now))
    }
    if (!ended) return { ...status, conditions }
    const completionTime = verdict.type === 'Complete' ? { completionTime: time(now) } : {}
    return {
      ...status,
      conditions: withCondition(conditions, jobCondition(verdict.type, verdict, now)),
      ...completionTime,
    }
  }

  function writeStatus(before: Job, status: JobStatus): void {
    const job = cluster.get('jobs.batch', before.metadata.namespace, before.metadata.name)
    if (!job) return
    const pods = cluster.owned('pods', job.metadata.uid)
    const active = pods.filter(isActive)
    const failed = conditionOf(status.conditions, 'Failed')
    cluster.setStatus('jobs.batch', job, {
      ...status,
      active: active.length || undefined,
      ready: active.filter(isReady).length,
      terminating: pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !isFinished(pod)).length,
    })
    if (failed && !conditionOf(before.status?.conditions, 'Failed'))
      recorder.event(job, { type: 'Warning', reason: failed.reason ?? 'Failed', message: failed.message ?? '' })
  }

  /** ttlSecondsAfterFinished. */
  function expire(key: string, job: Job): void {
    for (const pod of cluster.owned('pods', job.metadata.uid)) untrack(pod)
    const { ttlSecondsAfterFinished } = job.spec
    if (ttlSecondsAfterFinished === undefined) return
    const done = conditionOf(job.status?.conditions, 'Complete') ?? conditionOf(job.status?.conditions, 'Failed')
    const wait = timeOf(done?.lastTransitionTime) + ttlSecondsAfterFinished * 1000 - clock.now().getTime()
    if (wait > 0) queue.addAfter(key, wait)
    else cluster.delete('jobs.batch', job, { propagationPolicy: 'Foreground' })
  }
}
