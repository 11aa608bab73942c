/** Pods leave nodes with a NoExecute taint when they no longer tolerate it (k8s.io/kubernetes/pkg/controller/tainteviction). */
import { keyOf, splitKey } from '../shared/cluster.ts'
import { withCondition } from '../shared/conditions.ts'
import { type Deps } from '../shared/deps.ts'
import { type Pod, type Taint } from '../shared/kinds.ts'
import { tolerates } from '../shared/taints.ts'
import { time, timeOf } from '../shared/time.ts'

/** When a pod has to go because of the taints: a time in milliseconds, or never. */
function evictionTime(pod: Pod, taints: readonly Taint[]): number {
  let at = Infinity
  for (const taint of taints) {
    if (taint.effect !== 'NoExecute') continue
    const matching = (pod.spec.tolerations ?? []).filter((toleration) => tolerates(toleration, taint))
    if (matching.length === 0) return 0
    const limits = matching.flatMap(({ tolerationSeconds }) =>
      tolerationSeconds === undefined ? [] : [tolerationSeconds],
    )
    if (limits.length > 0) at = Math.min(at, timeOf(taint.timeAdded) + 1000 * Math.max(0, Math.min(...limits)))
  }
  return at
}

export function startTaintEviction(deps: Deps): void {
  const { cluster, changes, clock } = deps
  const recorder = deps.events.recorder({ component: 'taint-eviction-controller' })
  const queue = deps.queue(reconcile)
  const evicting = new Set<string>()
  const noExecute = (taints: readonly Taint[] | undefined): boolean =>
    taints?.some((each) => each.effect === 'NoExecute') ?? false

  changes.on('nodes', ({ type, object, previous }) => {
    if (type === 'DELETED' || !(noExecute(object.spec?.taints) || noExecute(previous?.spec?.taints))) return
    for (const key of deps.pods.onNode(object.metadata.name)) queue.add(key)
  })
  changes.on('pods', ({ type, object, previous }) => {
    const key = keyOf(object)
    if (type === 'DELETED') {
      evicting.delete(key)
      return queue.forget(key)
    }
    if (object.spec.nodeName && previous?.spec.nodeName !== object.spec.nodeName) queue.add(key)
  })

  function reconcile(key: string): void {
    const [namespace, name] = splitKey(key)
    const pod = cluster.get('pods', namespace, name)
    if (!pod?.spec.nodeName || pod.metadata.deletionTimestamp !== undefined) return
    const node = cluster.get('nodes', undefined, pod.spec.nodeName)
    const at = evictionTime(pod, node?.spec?.taints ?? [])
    if (at === Infinity) {
      if (evicting.delete(key)) say(pod, `Cancelling deletion of Pod ${key}`)
      return
    }
    const wait = at - clock.now().getTime()
    if (wait > 0) {
      evicting.add(key)
      return queue.addAfter(key, wait)
    }
    say(pod, `Marking for deletion Pod ${key}`)
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
      lastTransitionTime: time(clock.now()),
    }
    cluster.setStatus('pods', pod, { ...pod.status, conditions: withCondition(pod.status?.conditions, condition) })
    cluster.delete('pods', pod)
  }

  function say(pod: Pod, message: string): void {
    recorder.event(pod, { type: 'Normal', reason: 'TaintManagerEviction', message })
  }
}
