/** The status that a kubelet reports for a pod (k8s.io/kubernetes/pkg/kubelet/status). */
import { conditionOf, isTrue, withCondition } from '../shared/conditions.ts'
import { type Condition, type ContainerState, type ContainerStatus, type Pod, type PodStatus } from '../shared/kinds.ts'
import { isRunReady, isStarted, type Run } from './container.ts'
import { imageNames } from './images.ts'
import { time } from '../shared/time.ts'

/** What a kubelet knows of a pod. */
export type PodRun = {
  uid: string
  node: string
  inits: Run[]
  mains: Run[]
  startTime: string
  ip?: string | undefined
  mountTries: number
  /** Milliseconds of the clock at which the containers were told to stop, once the pod is being deleted. */
  stoppedAt?: number | undefined
  ended?: boolean | undefined
}

export function isSidecar(run: Run): boolean {
  return run.container.restartPolicy === 'Always'
}

/** An init container that no longer holds up the next one. */
export function isInitDone(run: Run, now: number): boolean {
  return isSidecar(run) ? isStarted(run, now) : run.phase === 'exited' && run.exit?.exitCode === 0
}

function containerStatus(run: Run, now: number, init: boolean): ContainerStatus {
  const shown =
    run.phase === 'exited' || (run.phase === 'starting' && run.exit) || (run.phase === 'pulling' && run.exit)
  const state: ContainerState =
    run.phase === 'running'
      ? { running: { startedAt: time(new Date(run.startedAt)) } }
      : shown && run.exit
        ? { terminated: run.exit }
        : { waiting: waitingOf(run) }
  const last = state.waiting ? (run.exit ?? run.lastExit) : run.lastExit
  const known =
    run.id === undefined ? { image: run.container.image ?? '', imageID: '' } : imageNames(run.container.image ?? '')
  const completed = init && !isSidecar(run) && run.exit?.exitCode === 0 && run.phase === 'exited'
  return {
    name: run.container.name,
    ...known,
    ready: completed || (init && !isSidecar(run) ? false : isRunReady(run, now)),
    started: isStarted(run, now),
    restartCount: run.restarts,
    state,
    lastState: last ? { terminated: last } : {},
    ...(run.id === undefined ? {} : { containerID: run.id }),
  }
}

function waitingOf(run: Run): { reason: string; message?: string } {
  const { reason, message } = run.waiting
  return { reason, ...(message === undefined ? {} : { message }) }
}

/** k8s.io/kubernetes/pkg/kubelet.getPhase. */
function phaseOf(pod: Pod, run: PodRun, now: number): string {
  const policy = pod.spec.restartPolicy ?? 'Always'
  const initFailed = run.inits.some(
    (init) => init.phase === 'exited' && init.due === Infinity && init.exit?.exitCode !== 0,
  )
  if (initFailed && policy === 'Never') return 'Failed'
  if (!run.inits.every((init) => isInitDone(init, now) || (isSidecar(init) && init.id !== undefined))) return 'Pending'
  const begun = run.mains.every((main) => main.id !== undefined)
  if (!begun) return 'Pending'
  const over = run.mains.every((main) => main.phase === 'exited' && main.due === Infinity)
  if (!over) return 'Running'
  return run.mains.every((main) => main.exit?.exitCode === 0) ? 'Succeeded' : 'Failed'
}

/** The whole status. Conditions that others set (readiness gates, DisruptionTarget) are kept. */
export function podStatus(pod: Pod, run: PodRun, hostIP: string | undefined, date: Date): PodStatus {
  const now = date.getTime()
  const phase = phaseOf(pod, run, now)
  const status: PodStatus = {
    ...pod.status,
    observedGeneration: pod.metadata.generation,
    phase,
    startTime: run.startTime,
    conditions: conditions(pod, run, phase, date),
    containerStatuses: run.mains.map((main) => containerStatus(main, now, false)),
  }
  if (hostIP !== undefined) Object.assign(status, { hostIP, hostIPs: [{ ip: hostIP }] })
  if (run.ip !== undefined) Object.assign(status, { podIP: run.ip, podIPs: [{ ip: run.ip }] })
  if (run.inits.length > 0) status.initContainerStatuses = run.inits.map((init) => containerStatus(init, now, true))
  return status
}

function conditions(pod: Pod, run: PodRun, phase: string, date: Date): Condition[] {
  const now = date.getTime()
  const finished = phase === 'Succeeded' || phase === 'Failed'
  const undone = run.inits.filter((init) => !isInitDone(init, now)).map((init) => init.container.name)
  const checked = [...run.inits.filter(isSidecar), ...run.mains]
  const unready = run.ended ? checked : checked.filter((each) => !isRunReady(each, now))
  const unreadyNames = unready.map((each) => each.container.name)
  const completed = phase === 'Succeeded'
  const containers: Partial<Condition> = completed
    ? { status: 'False', reason: 'PodCompleted' }
    : phase === 'Failed'
      ? { status: 'False', reason: 'PodFailed' }
      : unready.length > 0
        ? {
            status: 'False',
            reason: 'ContainersNotReady',
            message: `containers with unready status: [${unreadyNames.join(' ')}]`,
          }
        : { status: 'True' }
  const initialized: Partial<Condition> =
    undone.length === 0 || completed
      ? { status: 'True', ...(completed ? { reason: 'PodCompleted' } : {}) }
      : {
          status: 'False',
          reason: 'ContainersNotInitialized',
          message: `containers with incomplete status: [${undone.join(' ')}]`,
        }
  const set: [string, Partial<Condition>][] = [
    ['PodReadyToStartContainers', { status: run.ip !== undefined && !finished ? 'True' : 'False' }],
    ['Initialized', initialized],
    ['Ready', gated(pod, containers)],
    ['ContainersReady', containers],
    ['PodScheduled', { status: 'True' }],
  ]
  const own = new Set(set.map(([type]) => type))
  const foreign = pod.status?.conditions?.filter((condition) => !own.has(condition.type)) ?? []
  const kept: Condition[] = []
  for (const [type, { status = 'False', ...rest }] of set) {
    const before = conditionOf(pod.status?.conditions, type)
    const generation = pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }
    const condition = { type, status, ...rest, ...generation, lastTransitionTime: time(date) }
    kept.push(...withCondition(before ? [before] : [], condition))
  }
  return [...kept, ...foreign]
}

/** Readiness gates: conditions that others must set before the pod counts as ready. */
function gated(pod: Pod, containers: Partial<Condition>): Partial<Condition> {
  if (containers.status !== 'True') return containers
  const missing = (pod.spec.readinessGates ?? []).filter((gate) => !isTrue(pod.status?.conditions, gate.conditionType))
  if (missing.length === 0) return containers
  const message = missing.map(
    (gate) => `corresponding condition of pod readiness gate "${gate.conditionType}" does not exist.`,
  )
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: message.join(', ') }
}
