/** What runs, as the pod's status tells it: how a kubelet that has just started takes over. */
import { type Container, type ContainerStatus, type Pod } from '../shared/kinds.ts'
import { time, timeOf } from '../shared/time.ts'
import { type Behaviour } from './command.ts'
import { newRun, type Run } from './container.ts'
import { type PodRun } from './status.ts'

/** A pod's containers as they were last reported; all waiting when the pod is new. */
export function adopt(pod: Pod, now: Date, behaviour: (container: Container) => Behaviour | undefined): PodRun {
  const inits = pod.spec.initContainers ?? []
  const reason = inits.length > 0 ? 'PodInitializing' : 'ContainerCreating'
  const restore =
    (statuses: readonly ContainerStatus[] | undefined) =>
    (container: Container): Run => {
      const run = newRun(container, reason)
      const status = statuses?.find((each) => each.name === container.name)
      if (status) takeOver(run, status, pod, behaviour)
      return run
    }
  return {
    uid: pod.metadata.uid,
    node: pod.spec.nodeName ?? '',
    inits: inits.map(restore(pod.status?.initContainerStatuses)),
    mains: pod.spec.containers.map(restore(pod.status?.containerStatuses)),
    startTime: pod.status?.startTime ?? time(now),
    ip: pod.status?.podIP,
    mountTries: 0,
  }
}

function takeOver(
  run: Run,
  status: ContainerStatus,
  pod: Pod,
  behaviour: (container: Container) => Behaviour | undefined,
): void {
  run.restarts = status.restartCount
  run.id = status.containerID
  run.lastExit = status.lastState?.terminated
  const { running, terminated } = status.state
  if (running) {
    run.phase = 'running'
    run.startedAt = timeOf(running.startedAt)
    // A container that was not ready is ready now at the latest: probing goes on, and succeeds.
    run.startupAt = run.readyAt = run.startedAt
    const plan = behaviour(run.container)
    run.exitCode = plan?.exitCode ?? 0
    run.due = plan ? run.startedAt + plan.milliseconds : Infinity
  } else if (terminated) {
    run.phase = 'exited'
    run.exit = terminated
    run.exitCode = terminated.exitCode
    const policy = run.container.restartPolicy ?? pod.spec.restartPolicy
    const again = policy !== 'Never' && (policy !== 'OnFailure' || terminated.exitCode !== 0)
    const init = pod.spec.initContainers?.includes(run.container) && run.container.restartPolicy !== 'Always'
    run.due = again && !(init && terminated.exitCode === 0) ? 0 : Infinity
  } else if (run.lastExit) {
    run.exit = run.lastExit
    run.lastExit = undefined
    run.crashBackoff = run.restarts > 0 ? 10_000 : 0
  }
}
