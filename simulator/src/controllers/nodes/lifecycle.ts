/**
 * Nodes that are no longer heard of (k8s.io/kubernetes/pkg/controller/nodelifecycle): after the grace their conditions
 * become Unknown, they are tainted, and their pods count as not ready. Cordoned nodes get the taint of cordoned nodes.
 */
import { equal } from '../../json.ts'
import { splitKey } from '../shared/cluster.ts'
import { conditionOf, withCondition } from '../shared/conditions.ts'
import { type Deps } from '../shared/deps.ts'
import { type Node, type Taint } from '../shared/kinds.ts'
import { isFinished } from '../shared/pods.ts'
import { time, timeOf } from '../shared/time.ts'

const MONITOR_MILLISECONDS = 5_000
const LEASES = 'kube-node-lease'
const UNREACHABLE = 'node.kubernetes.io/unreachable'
const NOT_READY = 'node.kubernetes.io/not-ready'
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable'
const reported = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']

/** The taints that follow from a node's Ready condition and from being cordoned; other taints stay. */
function taintsOf(node: Node, now: Date): Taint[] {
  const ready = conditionOf(node.status?.conditions, 'Ready')?.status ?? 'False'
  const wanted: [key: string, effect: string][] = []
  if (node.spec?.unschedulable) wanted.push([UNSCHEDULABLE, 'NoSchedule'])
  const trouble = ready === 'Unknown' ? UNREACHABLE : ready === 'False' ? NOT_READY : undefined
  if (trouble) wanted.push([trouble, 'NoSchedule'], [trouble, 'NoExecute'])
  const before = node.spec?.taints ?? []
  const own = new Set([UNREACHABLE, NOT_READY, UNSCHEDULABLE])
  const taints = before.filter((taint) => !own.has(taint.key))
  for (const [key, effect] of wanted)
    taints.push(
      before.find((taint) => taint.key === key && taint.effect === effect) ?? { key, effect, timeAdded: time(now) },
    )
  return taints
}

export function startNodeLifecycle(deps: Deps): void {
  const { cluster, changes, clock, timings } = deps
  const recorder = deps.events.recorder({ component: 'node-controller' })
  const names = new Set<string>()
  const queue = deps.queue(reconcile)
  changes.on('nodes', ({ type, object, previous }) => {
    const { name } = object.metadata
    if (type === 'DELETED') {
      names.delete(name)
      return queue.forget(name)
    }
    if (!names.has(name))
      recorder.event(object, {
        type: 'Normal',
        reason: 'RegisteredNode',
        message: `Node ${name} event: Registered Node ${name} in Controller`,
      })
    names.add(name)
    if (
      !previous ||
      !equal(previous.spec, object.spec) ||
      !equal(previous.status?.conditions, object.status?.conditions)
    )
      queue.add(name)
  })

  function monitor(): void {
    const oldest = clock.now().getTime() - timings.monitorGraceSeconds * 1000
    for (const name of names) {
      const lease = cluster.get('leases.coordination.k8s.io', LEASES, name)
      if (lease && timeOf(lease.spec?.renewTime) <= oldest) lose(name)
    }
    timer = clock.after(MONITOR_MILLISECONDS, monitor)
  }
  let timer = clock.after(MONITOR_MILLISECONDS, monitor)
  deps.onStop(() => timer.cancel())

  function lose(name: string): void {
    const node = cluster.get('nodes', undefined, name)
    if (!node || conditionOf(node.status?.conditions, 'Ready')?.status === 'Unknown') return
    let { conditions } = node.status ?? {}
    for (const type of reported) {
      const before = conditionOf(conditions, type)
      conditions = withCondition(conditions, {
        ...before,
        type,
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
        lastTransitionTime: time(clock.now()),
      })
    }
    cluster.setStatus('nodes', node, { ...node.status, conditions })
    recorder.event(node, {
      type: 'Normal',
      reason: 'NodeNotReady',
      message: `Node ${name} status is now: NodeNotReady`,
    })
  }

  function reconcile(name: string): void {
    const node = cluster.get('nodes', undefined, name)
    if (!node) return
    const taints = taintsOf(node, clock.now())
    if (!equal(taints, node.spec?.taints ?? [])) cluster.update('nodes', { ...node, spec: { ...node.spec, taints } })
    const ready = conditionOf(node.status?.conditions, 'Ready')
    if (ready?.status === 'Unknown') for (const key of deps.pods.onNode(name)) markNotReady(key)
  }

  function markNotReady(key: string): void {
    const [namespace, name] = splitKey(key)
    const pod = cluster.get('pods', namespace, name)
    const ready = conditionOf(pod?.status?.conditions, 'Ready')
    if (!pod || isFinished(pod) || ready?.status !== 'True') return
    const condition = { ...ready, status: 'False', lastTransitionTime: time(clock.now()) }
    cluster.setStatus('pods', pod, { ...pod.status, conditions: withCondition(pod.status?.conditions, condition) })
    recorder.event(pod, { type: 'Warning', reason: 'NodeNotReady', message: 'Node is not ready' })
  }
}
