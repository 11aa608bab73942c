/** The end of a pod: containers are told to stop, have their grace, and the object goes. */
import { keyOf } from '../shared/cluster.ts'
import { type Deps } from '../shared/deps.ts'
import { type Pod } from '../shared/kinds.ts'
import { time } from '../shared/time.ts'
import { type Run } from './container.ts'
import { type PodRun, podStatus } from './status.ts'

type Hooks = {
  forget(key: string): void
  say(pod: Pod, reason: string, message: string, fieldPath: string): void
}

/** Containers that were told to stop exit as SIGTERM leaves them. */
const SIGTERM_EXIT = 143

/** Takes a pod with a deletionTimestamp further to its end; returns the milliseconds until the next look, if any. */
export function startTermination(deps: Deps, hooks: Hooks): (pod: Pod, run: PodRun) => number | undefined {
  const { cluster, clock, timings } = deps

  return (pod, run) => {
    if (run.ended) return undefined
    const now = clock.now().getTime()
    const running = [...run.inits, ...run.mains].filter((each) => each.phase === 'running')
    if (run.stoppedAt === undefined) {
      for (const { container } of running)
        hooks.say(pod, 'Killing', `Stopping container ${container.name}`, `spec.containers{${container.name}}`)
      run.stoppedAt = now
    }
    const grace = 1000 * (pod.metadata.deletionGracePeriodSeconds ?? 30)
    const ends = run.stoppedAt + (running.length === 0 ? 0 : Math.min(timings.terminationMilliseconds, grace))
    if (now < ends) return ends - now
    run.ended = true
    for (const each of running) stop(each, now)
    // Whoever holds the object by a finalizer, such as a job, reads from it how the pod ended.
    if (pod.metadata.finalizers?.length) reportEnd(pod, run)
    cluster.delete('pods', pod, { gracePeriodSeconds: 0 })
    hooks.forget(keyOf(pod))
    return undefined
  }

  function stop(run: Run, now: number): void {
    run.exit = {
      exitCode: SIGTERM_EXIT,
      reason: 'Error',
      startedAt: time(new Date(run.startedAt)),
      finishedAt: time(new Date(now)),
      containerID: run.id ?? '',
    }
    run.phase = 'exited'
    run.due = Infinity
  }

  function reportEnd(pod: Pod, run: PodRun): void {
    const status = podStatus(pod, run, undefined, clock.now())
    const finished = status.phase === 'Succeeded' || status.phase === 'Failed'
    cluster.setStatus('pods', pod, { ...status, phase: finished ? status.phase : 'Failed' })
  }
}
