/** Pods of nodes that no longer exist are removed: no kubelet will ever do it (k8s.io/kubernetes/pkg/controller/podgc). */
import { keyOf, splitKey } from '../shared/cluster.ts'
import { type Deps } from '../shared/deps.ts'

export function startPodGarbageCollection(deps: Deps): void {
  const { cluster, changes } = deps
  const queue = deps.queue(reconcile)
  changes.on('nodes', ({ type, object }) => {
    if (type === 'DELETED') for (const key of deps.pods.onNode(object.metadata.name)) queue.add(key)
  })
  changes.on('pods', ({ type, object, previous }) => {
    if (type === 'DELETED' || !object.spec.nodeName || previous?.spec.nodeName === object.spec.nodeName) return
    if (!cluster.get('nodes', undefined, object.spec.nodeName)) queue.addAfter(keyOf(object), QUARANTINE)
  })

  function reconcile(key: string): void {
    const [namespace, name] = splitKey(key)
    const pod = cluster.get('pods', namespace, name)
    if (!pod?.spec.nodeName || cluster.get('nodes', undefined, pod.spec.nodeName)) return
    cluster.delete('pods', pod, { gracePeriodSeconds: 0 })
  }
}

/** A pod may be bound a moment before its node is seen; podgc waits 40 s for the node to appear. */
const QUARANTINE = 40_000
