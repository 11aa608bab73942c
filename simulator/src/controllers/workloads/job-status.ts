/** When a job is done, and what its status says then (k8s.io/kubernetes/pkg/controller/job). */
import { conditionOf, isTrue, withCondition } from '../shared/conditions.ts'
import { type Condition, type Job, type JobStatus, type Pod } from '../shared/kinds.ts'
import { time, timeOf } from '../shared/time.ts'

export type Verdict = { type: 'Complete' | 'Failed'; reason: string; message: string }

export function isJobFinished(job: Job): boolean {
  return isTrue(job.status?.conditions, 'Complete') || isTrue(job.status?.conditions, 'Failed')
}

/** Restarts inside pods count as failures when they are restarted in place. */
function restartsIn(pods: readonly Pod[]): number {
  let restarts = 0
  for (const pod of pods)
    for (const status of [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])])
      restarts += status.restartCount
  return restarts
}

/** Complete, failed, or undefined while the job goes on. */
export function verdictOf(
  job: Job,
  counts: { succeeded: number; failed: number },
  active: readonly Pod[],
  now: Date,
): Verdict | undefined {
  const { completions, backoffLimit = 6, template } = job.spec
  const inPlace = template.spec.restartPolicy === 'OnFailure' ? restartsIn(active) : 0
  if (counts.failed > backoffLimit || (inPlace > 0 && inPlace >= Math.max(1, backoffLimit)))
    return { type: 'Failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' }
  if (remainingTime(job, now) <= 0)
    return { type: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' }
  const enough =
    completions === undefined ? counts.succeeded > 0 && active.length === 0 : counts.succeeded >= completions
  if (!enough) return undefined
  return { type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
}

/** Milliseconds until the active deadline; infinite without one or before the start. */
export function remainingTime(job: Job, now: Date): number {
  const { activeDeadlineSeconds, suspend } = job.spec
  if (activeDeadlineSeconds === undefined || suspend || !job.status?.startTime) return Infinity
  return timeOf(job.status.startTime) + activeDeadlineSeconds * 1000 - now.getTime()
}

/** The status with the condition `Suspended` as the spec asks for it; a job that never was suspended has none. */
export function withSuspension(status: JobStatus, suspend: boolean, now: Date): JobStatus {
  const before = conditionOf(status.conditions, 'Suspended')
  if ((before?.status === 'True') === suspend) return status
  const [reason, message] = suspend ? ['JobSuspended', 'Job suspended'] : ['JobResumed', 'Job resumed']
  const condition = { ...jobCondition('Suspended', { reason, message }, now), status: suspend ? 'True' : 'False' }
  return { ...status, conditions: withCondition(status.conditions, condition) }
}

/** The first sign of the verdict, set while pods still end. */
export function verdictTarget(verdict: Verdict): string {
  return verdict.type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget'
}

export function jobCondition(type: string, { reason, message }: Omit<Verdict, 'type'>, now: Date): Condition {
  return { type, status: 'True', reason, message, lastProbeTime: time(now), lastTransitionTime: time(now) }
}
