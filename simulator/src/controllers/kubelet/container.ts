/**
 * The life of one container as a state machine on the clock: pull, create, start, run, exit, back off. Timings of pulls
 * and restarts are the kubelet's (k8s.io/kubernetes/pkg/kubelet/kuberuntime, pkg/kubelet/images).
 */
import { type Container, type TerminatedState } from '../shared/kinds.ts'
import { type Behaviour } from './command.ts'
import { digestOf, isImageReference, mustPull } from './images.ts'

type ContainerPhase =
  | 'waiting'
  | 'pulling'
  | 'pullFailed'
  | 'pullBackoff'
  | 'unconfigured'
  | 'starting'
  | 'running'
  | 'exited'
  | 'crashBackoff'

/** One container and what has become of it. Times are milliseconds of the clock. */
export type Run = {
  container: Container
  phase: ContainerPhase
  /** When the phase ends by itself. */
  due: number
  waiting: { reason: string; message?: string | undefined }
  restarts: number
  startedAt: number
  startupAt: number
  readyAt: number
  exitCode: number
  /** How the present run ended, and the one before it. */
  exit?: TerminatedState | undefined
  lastExit?: TerminatedState | undefined
  id?: string | undefined
  pullBackoff: number
  pullError?: string | undefined
  crashBackoff: number
}

type Say = (type: 'Normal' | 'Warning', reason: string, message: string) => void

/** What a container needs to know of the world around it. */
export type Surroundings = {
  now: number
  podUid: string
  /** How the container is named in the kubelet's messages: `a pod=web-1_shop(uid)`. */
  podName: string
  restartPolicy: 'Always' | 'OnFailure' | 'Never'
  hasImage(image: string): boolean
  addImage(image: string): void
  pullMilliseconds: number
  startMilliseconds: number
  pullsFail(image: string): boolean
  /** Why it cannot be created. */
  problem(container: Container): string | undefined
  /** How it ends at once, when it is told to crash. */
  crash(container: Container): { exitCode: number; log?: string } | undefined
  behaviour(container: Container): Behaviour | undefined
  log(container: string, line: string): void
  newRun(container: string): void
  say: Say
  stamp(milliseconds: number): string
}

const PULL_BACKOFF = 10_000
const CRASH_BACKOFF = 10_000
const LAST_BACKOFF = 300_000
/** A run of this length makes earlier crashes forgotten. */
const FORGIVEN_AFTER = 600_000
/** From ErrImagePull to ImagePullBackOff. */
const PULL_ERROR_SHOWN = 1_000
/** The kubelet looks again after a configuration error. */
const CONFIGURATION_RETRY = 10_000

export function newRun(container: Container, reason: string): Run {
  return {
    container,
    phase: 'waiting',
    due: Infinity,
    waiting: { reason },
    restarts: 0,
    startedAt: 0,
    startupAt: 0,
    readyAt: 0,
    exitCode: 0,
    pullBackoff: 0,
    crashBackoff: 0,
  }
}

/** Takes every step that is due. Afterwards `nextDue` tells when to come again. */
export function advance(run: Run, around: Surroundings): void {
  if (run.phase === 'running' && run.due > around.now) crashIfTold(run, around)
  // Each phase is left at most once per look; more turns would mean that no time passes between crashes.
  for (let turns = 0; turns < 8 && run.due <= around.now; turns++) step(run, around)
}

/** When something next happens by itself. */
export function nextDue(run: Run, now: number): number {
  if (run.phase !== 'running') return run.due
  const times = [run.due, run.startupAt, run.readyAt].filter((each) => each > now)
  return Math.min(Infinity, ...times)
}

export function isStarted(run: Run, now: number): boolean {
  return run.phase === 'running' && now >= run.startupAt
}

export function isRunReady(run: Run, now: number): boolean {
  return isStarted(run, now) && now >= run.readyAt
}

/** Begins, if it has not begun yet. */
export function begin(run: Run, around: Surroundings): void {
  if (run.phase === 'waiting' && run.due === Infinity) prepare(run, around)
}

function step(run: Run, around: Surroundings): void {
  switch (run.phase) {
    case 'pulling':
      return pulled(run, around)
    case 'pullFailed':
      return backOffPull(run, around)
    case 'starting':
      return start(run, around)
    case 'running':
      return exit(run, around, run.exitCode)
    case 'exited':
      return restart(run, around)
    case 'waiting':
    case 'pullBackoff':
    case 'unconfigured':
    case 'crashBackoff':
      return prepare(run, around)
  }
}

function enter(run: Run, phase: ContainerPhase, due: number): void {
  run.phase = phase
  run.due = due
}

function prepare(run: Run, around: Surroundings): void {
  const image = run.container.image ?? ''
  if (!isImageReference(image)) {
    const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`
    around.say('Warning', 'InspectFailed', message)
    around.say('Warning', 'Failed', 'Error: InvalidImageName')
    run.waiting = { reason: 'InvalidImageName', message }
    return enter(run, 'unconfigured', around.now + CONFIGURATION_RETRY)
  }
  const policy = mustPull(run.container.imagePullPolicy, image)
  const present = around.hasImage(image)
  if (policy === 'Never' && !present) {
    const message = `Container image "${image}" is not present with pull policy of Never`
    around.say('Warning', 'ErrImageNeverPull', message)
    run.waiting = { reason: 'ErrImageNeverPull', message }
    return enter(run, 'unconfigured', around.now + CONFIGURATION_RETRY)
  }
  if (policy !== 'Always' && present) {
    around.say('Normal', 'Pulled', `Container image "${image}" already present on machine`)
    return create(run, around)
  }
  around.say('Normal', 'Pulling', `Pulling image "${image}"`)
  enter(run, 'pulling', around.now + (present ? 0 : around.pullMilliseconds))
}

function pulled(run: Run, around: Surroundings): void {
  const image = run.container.image ?? ''
  if (around.pullsFail(image)) {
    const error = `failed to pull and unpack image "${image}": failed to resolve reference "${image}": unexpected status from HEAD request: 503 Service Unavailable`
    run.pullError = error
    run.pullBackoff = Math.min(run.pullBackoff * 2 || PULL_BACKOFF, LAST_BACKOFF)
    around.say('Warning', 'Failed', `Failed to pull image "${image}": ${error}`)
    around.say('Warning', 'Failed', 'Error: ErrImagePull')
    run.waiting = { reason: 'ErrImagePull', message: error }
    return enter(run, 'pullFailed', around.now + PULL_ERROR_SHOWN)
  }
  const took = around.hasImage(image) ? 0 : around.pullMilliseconds
  around.say('Normal', 'Pulled', `Successfully pulled image "${image}" in ${took}ms (${took}ms including waiting).`)
  around.addImage(image)
  run.pullBackoff = 0
  create(run, around)
}

function backOffPull(run: Run, around: Surroundings): void {
  const message = `Back-off pulling image "${run.container.image}"`
  around.say('Normal', 'BackOff', message)
  around.say('Warning', 'Failed', 'Error: ImagePullBackOff')
  run.waiting = { reason: 'ImagePullBackOff', message: `${message}: ErrImagePull: ${run.pullError}` }
  enter(run, 'pullBackoff', run.due + run.pullBackoff - PULL_ERROR_SHOWN)
}

function create(run: Run, around: Surroundings): void {
  const problem = around.problem(run.container)
  if (problem !== undefined) {
    around.say('Warning', 'Failed', `Error: ${problem}`)
    run.waiting = { reason: 'CreateContainerConfigError', message: problem }
    return enter(run, 'unconfigured', around.now + CONFIGURATION_RETRY)
  }
  enter(run, 'starting', around.now + around.startMilliseconds)
}

function start(run: Run, around: Surroundings): void {
  const { container } = run
  if (run.exit) {
    run.restarts++
    run.lastExit = run.exit
    run.exit = undefined
    around.newRun(container.name)
  }
  run.startedAt = around.now
  run.id = `containerd://${digestOf(`${around.podUid}/${container.name}/${run.restarts}`)}`
  around.say('Normal', 'Created', `Created container: ${container.name}`)
  around.say('Normal', 'Started', `Started container ${container.name}`)
  setProbes(run)
  enter(run, 'running', Infinity)
  plan(run, around)
}

/**
 * A probe succeeds at the end of its first period after the initial delay, as often as it must. After a startup probe
 * the program is up: the kubelet sends the readiness probe at once (pkg/kubelet/prober, `UpdatePodStatus`), and that
 * one succeeds.
 */
function setProbes(run: Run): void {
  const { startupProbe, readinessProbe } = run.container
  const period = (probe: typeof startupProbe): number => 1000 * (probe?.periodSeconds ?? 10)
  const periods = (probe: typeof startupProbe): number => (probe ? period(probe) * (probe.successThreshold ?? 1) : 0)
  const delayed = (probe: typeof startupProbe): number => run.startedAt + 1000 * (probe?.initialDelaySeconds ?? 0)
  run.startupAt = delayed(startupProbe) + periods(startupProbe)
  const sentAtOnce = startupProbe && readinessProbe ? period(readinessProbe) : 0
  run.readyAt = Math.max(run.startupAt, delayed(readinessProbe)) + periods(readinessProbe) - sentAtOnce
}

/** Decides how this run will end, if it does. */
function plan(run: Run, around: Surroundings): void {
  if (crashIfTold(run, around)) return
  const behaviour = around.behaviour(run.container)
  if (!behaviour) {
    around.log(run.container.name, `${run.container.image} runs as ${around.podName}`)
    return
  }
  for (const line of behaviour.lines) around.log(run.container.name, line)
  run.exitCode = behaviour.exitCode
  run.due = around.now + behaviour.milliseconds
}

function crashIfTold(run: Run, around: Surroundings): boolean {
  const crash = around.crash(run.container)
  if (!crash) return false
  for (const line of crash.log?.split('\n') ?? []) around.log(run.container.name, line)
  exit(run, around, crash.exitCode)
  return true
}

function exit(run: Run, around: Surroundings, exitCode: number): void {
  run.exitCode = exitCode
  run.exit = {
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    startedAt: around.stamp(run.startedAt),
    finishedAt: around.stamp(around.now),
    containerID: run.id ?? '',
  }
  const again = around.restartPolicy === 'Always' || (around.restartPolicy === 'OnFailure' && exitCode !== 0)
  enter(run, 'exited', again ? around.now : Infinity)
}

/** The first restart is at once; then 10 s, doubling up to 5 minutes. */
function restart(run: Run, around: Surroundings): void {
  if (around.now - run.startedAt >= FORGIVEN_AFTER) run.crashBackoff = 0
  const wait = run.crashBackoff
  run.crashBackoff = Math.min(wait * 2 || CRASH_BACKOFF, LAST_BACKOFF)
  if (wait === 0) return prepare(run, around)
  const { name } = run.container
  around.say('Warning', 'BackOff', `Back-off restarting failed container ${name} in pod ${around.podName}`)
  const message = `back-off ${delayText(wait)} restarting failed container=${name} pod=${around.podName}`
  run.waiting = { reason: 'CrashLoopBackOff', message }
  enter(run, 'crashBackoff', around.now + wait)
}

function delayText(milliseconds: number): string {
  const seconds = milliseconds / 1000
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
