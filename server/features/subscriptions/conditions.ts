import type { ObservedObject, ObservedPod } from '../clusters/service.ts'

/**
 * From what is wanted and what is seen to conditions in Kubernetes' form and to words that a customer understands.
 * Pure: the same observation gives the same words.
 */
export type Condition = {
  type: 'Ready' | 'Progressing' | 'Degraded' | 'Suspended'
  status: 'True' | 'False' | 'Unknown'
  /** CamelCase, for programs. */
  reason: string
  message: string
  lastTransitionTime: string
}

type Told = Omit<Condition, 'lastTransitionTime'>

/** Why something does not come up: a reason for programs, a sentence for people, and what to do next. */
export type Cause = {
  reason: string
  message: string
  nextAction: string
  /** Waiting alone does not help soon: it counts as degraded and not as progressing. */
  lasting: boolean
  /** Only somebody's decision helps: an operation that it stops has failed. */
  final?: boolean
}

export type Component = {
  name: string
  kind: 'workload' | 'job'
  replicas: number
  /** Undefined until the watch has caught up with what was applied last. */
  observed: ObservedObject | undefined
  pods: readonly ObservedObject[]
}

export type Situation = {
  /** What the entitlement says. */
  wanted: boolean
  /** What is driven to: not even what is wanted runs while its volume is lost. */
  running: boolean
  ending: boolean
  /** Every object of this generation was applied. */
  applied: boolean
  components: readonly Component[]
  /** Causes that no pod shows: a lost volume, an object that the cluster refused, the cluster away. */
  causes: readonly Cause[]
  now: Date
}

export type Assessment = {
  conditions: Condition[]
  ready: boolean
  /** The wanted state is reached: an operation that waits for it has succeeded. */
  settled: boolean
  cause: Cause | undefined
  step: string
  progress: number
}

export const isComponentReady = ({ kind, replicas, observed }: Component): boolean => {
  const workload = observed?.workload
  if (!workload) return false
  if (kind === 'job') return workload.succeeded > 0
  return workload.current && workload.ready >= replicas && workload.updated >= replicas && workload.total <= replicas
}

/** Whether it has begun to run: what `depends_on: service_started` waits for. */
export const isComponentStarted = ({ pods }: Component): boolean =>
  pods.some(({ pod }) => pod?.phase === 'Running' || pod?.phase === 'Succeeded')

export function assess(situation: Situation, before: readonly Condition[]): Assessment {
  const { running, ending, applied, components, now } = situation
  const pods = components.flatMap((component) => component.pods)
  const up = components.filter(isComponentReady).length
  const ready = running && applied && components.length > 0 && up === components.length
  const cause = situation.causes[0] ?? (running && !ready ? causeOf(components) : undefined)
  const unseen = cause?.reason === clusterUnreachable.reason ? cause : undefined
  const stopped = !running && !unseen && pods.length === 0
  const settled = ready || (applied && stopped && !ending && !situation.wanted)

  const conditions: Told[] = [
    ...(unseen && !settled
      ? unknownConditions(unseen, before)
      : [
          readyCondition(situation, ready, up, cause),
          progressingCondition(settled, cause, running, ending),
          degradedCondition(cause),
        ]),
    suspendedCondition(running, stopped, unseen),
  ]
  return {
    conditions: conditions.map((condition) => withTransition(condition, before, now)),
    ready,
    settled,
    cause,
    step: stepOf(situation, ready, stopped, pods),
    progress: settled
      ? 100
      : running
        ? Math.round((components.length ? up / components.length : 0) * 80) + (applied ? 15 : 5)
        : stopped
          ? 90
          : 50,
  }
}

function readyCondition({ running, components }: Situation, ready: boolean, up: number, cause: Cause | undefined) {
  if (ready) return { type: 'Ready', status: 'True', reason: 'AllReady', message: 'Everything runs.' } as const
  if (!running) return { type: 'Ready', status: 'False', reason: 'ScaledToZero', message: 'Nothing runs.' } as const
  if (cause) return { type: 'Ready', status: 'False', reason: cause.reason, message: cause.message } as const
  return {
    type: 'Ready',
    status: 'False',
    reason: 'Starting',
    message: `${up} of ${components.length} parts are ready.`,
  } as const
}

function progressingCondition(settled: boolean, cause: Cause | undefined, running: boolean, ending: boolean) {
  if (settled) return { type: 'Progressing', status: 'False', reason: 'Settled', message: '' } as const
  if (cause?.lasting)
    return { type: 'Progressing', status: 'False', reason: cause.reason, message: cause.message } as const
  const reason = ending ? 'Ending' : running ? 'Starting' : 'Stopping'
  return { type: 'Progressing', status: 'True', reason, message: '' } as const
}

const degradedCondition = (cause: Cause | undefined): Told =>
  cause
    ? { type: 'Degraded', status: 'True', reason: cause.reason, message: cause.message }
    : { type: 'Degraded', status: 'False', reason: 'AsExpected', message: '' }

function suspendedCondition(running: boolean, stopped: boolean, unseen: Cause | undefined): Told {
  if (running) return { type: 'Suspended', status: 'False', reason: 'Running', message: '' }
  if (unseen) return { type: 'Suspended', status: 'Unknown', reason: unseen.reason, message: unseen.message }
  const message = stopped ? 'Nothing runs; the data is kept.' : 'Stopping.'
  return { type: 'Suspended', status: stopped ? 'True' : 'False', reason: 'ScaledToZero', message }
}

/** Nobody sees what runs. What was wrong before is taken to be so still, and all else to run on. */
function unknownConditions({ reason, message }: Cause, before: readonly Condition[]): Told[] {
  const wrong = before.find(({ type, status }) => type === 'Degraded' && status === 'True')
  return [
    { type: 'Ready', status: 'Unknown', reason, message },
    { type: 'Progressing', status: 'Unknown', reason, message },
    wrong ?? { type: 'Degraded', status: 'Unknown', reason, message },
  ]
}

function stepOf(
  { running, ending, applied }: Situation,
  ready: boolean,
  stopped: boolean,
  pods: readonly ObservedObject[],
): string {
  if (ready) return 'Running'
  if (ending) return 'Deleting'
  if (!running) return stopped ? 'Stopped' : 'Stopping'
  if (!applied) return 'Creating'
  if (pods.length === 0) return 'Waiting for pods'
  if (pods.some(({ pod }) => pod?.node === undefined)) return 'Waiting for a node'
  if (pods.some(({ pod }) => pod?.phase === 'Pending')) return 'Starting containers'
  return 'Waiting until it answers'
}

const withTransition = (condition: Told, before: readonly Condition[], now: Date): Condition => {
  const old = before.find(({ type }) => type === condition.type)
  return {
    ...condition,
    lastTransitionTime: old?.status === condition.status ? old.lastTransitionTime : now.toISOString(),
  }
}

/** The first thing that keeps the components from being ready, in a customer's words. */
function causeOf(components: readonly Component[]): Cause | undefined {
  for (const component of components) {
    if (isComponentReady(component)) continue
    for (const { pod } of component.pods) {
      const cause = pod && podCause(component.name, pod)
      if (cause) return cause
    }
    const workload = component.observed?.workload
    if (workload?.failed) {
      return lasting(
        'JobFailed',
        `"${component.name}" ran and failed: ${workload.refusal ?? 'it gave no reason'}.`,
        'Look at its logs, then restart.',
      )
    }
    if (workload?.refusal !== undefined) {
      return lasting(
        'PodsRefused',
        `The cluster refuses the pods of "${component.name}": ${workload.refusal}`,
        'The operator of this cluster has to look at it.',
      )
    }
  }
  return undefined
}

const passing = (reason: string, message: string, nextAction: string): Cause => ({
  reason,
  message,
  nextAction,
  lasting: false,
})
const lasting = (reason: string, message: string, nextAction: string): Cause => ({
  reason,
  message,
  nextAction,
  lasting: true,
})

function podCause(component: string, pod: ObservedPod): Cause | undefined {
  const said = pod.message === undefined ? '' : ` ${pod.message}`
  switch (pod.reason) {
    case 'ErrImagePull':
    case 'ImagePullBackOff':
    case 'InvalidImageName':
      return lasting(
        'ImagePullBackOff',
        `The image of "${component}" (${pod.image ?? 'unknown'}) cannot be pulled.${said}`,
        'Wait: it is tried again. If it lasts, the operator has to correct the image.',
      )
    case 'CrashLoopBackOff':
    case 'Error':
    case 'OOMKilled':
    case 'RunContainerError':
      return lasting(
        'CrashLoopBackOff',
        `"${component}" starts and ends again (${pod.restarts} restarts).${said}`,
        'Look at its logs; a larger plan helps where memory ran out.',
      )
    case 'CreateContainerConfigError':
    case 'CreateContainerError':
      return lasting(
        'ContainerConfigError',
        `"${component}" cannot be started as it is configured.${said}`,
        'The operator has to look at the service.',
      )
    case 'Unschedulable':
    case 'SchedulerError':
      return passing(
        'Unschedulable',
        `No worker node can take "${component}" now.${said}`,
        'Wait: it starts as soon as there is room.',
      )
    default:
      return undefined
  }
}

/** Causes that no pod shows. */
export const clusterUnreachable: Cause = passing(
  'ClusterUnreachable',
  'The cluster cannot be reached at the moment. What runs there runs on; changes wait.',
  'Wait: it goes on by itself.',
)

export const volumeLost = (volumes: readonly string[]): Cause => ({
  reason: 'VolumeLost',
  message: `The volume ${volumes.map((name) => `"${name}"`).join(', ')} is gone from the cluster. Nothing is started, so that no empty one takes its place.`,
  nextAction: 'Restore it from a backup, or cancel and purge the subscription.',
  lasting: true,
  final: true,
})

export const applyRefused = (object: string, why: string): Cause =>
  lasting(
    'ApplyRefused',
    `The cluster refuses ${object}: ${why}`,
    'The operator of this cluster has to look at it. It is tried again by itself.',
  )

export const identityChanged = (sentence: string): Cause =>
  lasting('ClusterIdentityChanged', sentence, 'The operator has to correct the credentials.')

export const stuckEnding = (remaining: readonly string[]): Cause =>
  passing(
    'DeletionBlocked',
    `The namespace waits to be deleted: ${remaining.join(' ')}`,
    'It is tried again for ever. The operator can remove what blocks it.',
  )
