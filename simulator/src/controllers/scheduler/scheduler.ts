/** Gives each pod a node (k8s.io/kubernetes/pkg/scheduler). Pods that fit nowhere are tried again when something changes. */
import { equal } from '../../json.ts'
import { keyOf, splitKey } from '../shared/cluster.ts'
import { conditionOf, withCondition } from '../shared/conditions.ts'
import { type Deps } from '../shared/deps.ts'
import { type Claim, type Node, type Pod } from '../shared/kinds.ts'
import { isFinished } from '../shared/pods.ts'
import { time } from '../shared/time.ts'
import { SELECTED_NODE } from '../volumes/binding.ts'
import { type ClaimDemands, demandsOfClaims } from './claims.ts'
import { choose } from './choose.ts'
import { createNodeCache } from './node-cache.ts'
import { requestsOf } from './requests.ts'
import { topologyOf } from './topology.ts'

/** Changes are gathered for so long before pods that fit nowhere are tried again. */
const RETRY_MILLISECONDS = 100
/** So long a pod waits for the volumes of the node that was chosen for it. */
const BIND_TIMEOUT_MILLISECONDS = 600_000

export function startScheduler(deps: Deps): void {
  const { cluster, changes, clock } = deps
  const recorder = deps.events.recorder({ component: 'default-scheduler' }, { action: 'Scheduling' })
  const bound = deps.events.recorder({ component: 'default-scheduler' }, { action: 'Binding' })
  const nodes = createNodeCache(changes)
  const queue = deps.queue(reconcile)
  const unschedulable = new Set<string>()
  /** Running pods that keep others away. */
  const guards = new Map<string, Pod>()
  /** Nodes chosen for pods whose volumes are still being made. */
  const chosen = new Map<string, { node: string; since: number }>()
  let cursor = 0
  let retrying = false

  changes.on('pods', ({ type, object: pod, previous }) => {
    const key = keyOf(pod)
    noteGuard(key, type, pod)
    if (type === 'DELETED' || pod.spec.nodeName) {
      unschedulable.delete(key)
      chosen.delete(key)
      queue.forget(key)
      if (pod.spec.nodeName && (type === 'DELETED' || (isFinished(pod) && !(previous && isFinished(previous)))))
        retrySoon()
    } else if (!previous || !equal(previous.spec, pod.spec)) queue.add(key)
  })
  changes.on('nodes', ({ type, object, previous }) => {
    if (type === 'DELETED' || !previous || matters(previous, object)) retrySoon()
  })
  changes.on('persistentvolumeclaims', ({ object }) => {
    for (const key of deps.pods.usingClaim(keyOf(object))) if (unschedulable.has(key) || chosen.has(key)) queue.add(key)
  })
  changes.on('persistentvolumes', retrySoon)
  changes.on('storageclasses.storage.k8s.io', retrySoon)

  function noteGuard(key: string, type: string, pod: Pod): void {
    if (!pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.length) return
    if (type === 'DELETED' || isFinished(pod)) guards.delete(key)
    else if (pod.spec.nodeName) guards.set(key, pod)
  }

  function retrySoon(): void {
    if (retrying || unschedulable.size === 0) return
    retrying = true
    clock.after(RETRY_MILLISECONDS, () => {
      retrying = false
      for (const key of unschedulable) queue.add(key)
    })
  }

  function reconcile(key: string): void {
    const [namespace = '', name] = splitKey(key)
    const pod = cluster.get('pods', namespace, name)
    if (!pod || pod.spec.nodeName || isFinished(pod) || pod.metadata.deletionTimestamp !== undefined) return
    if ((pod.spec.schedulerName ?? 'default-scheduler') !== 'default-scheduler') return
    if (pod.spec.schedulingGates?.length)
      return setUnscheduled(pod, 'SchedulingGated', 'Scheduling is blocked due to non-empty scheduling gates')
    const claims = demandsOfClaims(cluster, pod)
    if (claims.hopeless !== undefined) return fail(key, pod, claims.hopeless)
    const node = chosen.get(key)?.node ?? search(key, pod, claims)
    if (node === undefined) return
    if (claims.unbound.length > 0) return waitForVolumes(key, pod, node, claims.unbound)
    cluster.api.bind(namespace, name, node)
    unschedulable.delete(key)
    bound.event(pod, { type: 'Normal', reason: 'Scheduled', message: `Successfully assigned ${key} to ${node}` })
  }

  function search(key: string, pod: Pod, claims: ClaimDemands): string | undefined {
    const all = nodes.all()
    const topology = topologyOf(cluster, pod, all, guards.values())
    const choice = choose({ pod, requests: requestsOf(pod), claims, topology }, all, cursor)
    if (all.length > 0) cursor = (cursor + choice.looked) % all.length
    if ('node' in choice) return choice.node
    fail(key, pod, choice.message)
    return undefined
  }

  /** Tells the claims the node, takes the pod's share of it, and comes back when they are bound. */
  function waitForVolumes(key: string, pod: Pod, node: string, claims: readonly Claim[]): void {
    const now = clock.now().getTime()
    const since = chosen.get(key)?.since ?? now
    const live = nodes.get(node) !== undefined
    if (!live || now - since >= BIND_TIMEOUT_MILLISECONDS) {
      nodes.assume(pod, undefined)
      chosen.delete(key)
      for (const claim of claims) select(claim, undefined)
      return fail(key, pod, 'running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded')
    }
    nodes.assume(pod, node)
    chosen.set(key, { node, since })
    for (const claim of claims) select(claim, node)
    queue.addAfter(key, since + BIND_TIMEOUT_MILLISECONDS - now)
  }

  function select(claim: Claim, node: string | undefined): void {
    const { [SELECTED_NODE]: before, ...rest } = claim.metadata.annotations ?? {}
    if (before === node) return
    const annotations = node === undefined ? rest : { ...rest, [SELECTED_NODE]: node }
    cluster.update('persistentvolumeclaims', { ...claim, metadata: { ...claim.metadata, annotations } })
  }

  function fail(key: string, pod: Pod, why: string): void {
    unschedulable.add(key)
    const count = nodes.all().length
    const message = /^(?:0\/|no nodes|running)/.test(why)
      ? why
      : `0/${count} nodes are available: ${why}.${notFound(why)}`
    setUnscheduled(pod, 'Unschedulable', message)
    recorder.event(pod, { type: 'Warning', reason: 'FailedScheduling', message })
  }

  function setUnscheduled(pod: Pod, reason: string, message: string): void {
    const before = conditionOf(pod.status?.conditions, 'PodScheduled')
    if (before?.reason === reason && before.message === message) return
    const generation = pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason,
      message,
      ...generation,
      lastTransitionTime: time(clock.now()),
    }
    cluster.setStatus('pods', pod, { ...pod.status, conditions: withCondition(pod.status?.conditions, condition) })
  }
}

/** The real scheduler repeats itself here; callers read the message as it is. */
function notFound(why: string): string {
  return why.endsWith('not found') ? ' not found' : ' preemption: not helpful for scheduling.'
}

/** A change of a node that can make a pod fit. */
function matters(previous: Node, node: Node): boolean {
  return (
    !equal(previous.spec, node.spec) ||
    !equal(previous.metadata.labels, node.metadata.labels) ||
    !equal(previous.status?.allocatable, node.status?.allocatable)
  )
}
