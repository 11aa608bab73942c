/**
 * Orphans that match a selector are taken over, as k8s.io/kubernetes/pkg/controller/controller_ref_manager does: after
 * `delete --cascade=orphan` and a new create, the pods run on under the new owner.
 */
import { labelSelectorMatches } from '../../selectors.ts'
import { type KubeObject } from '../../types.ts'
import { keyOf, splitKey } from './cluster.ts'
import { type Deps } from './deps.ts'
import { controllerOf, controllerReference } from './pods.ts'

type Owner = 'deployments.apps' | 'replicasets.apps' | 'statefulsets.apps'

function isOrphan(object: KubeObject): boolean {
  return controllerOf(object) === undefined && object.metadata.deletionTimestamp === undefined
}

/** Makes owners of one resource adopt matching children without a controller. */
export function adoptOrphans(deps: Deps, owner: Owner, child: 'pods' | 'replicasets.apps'): void {
  const { cluster, changes } = deps
  const queue = deps.queue(reconcile)
  changes.on(child, ({ type, object }) => {
    if (type !== 'DELETED' && isOrphan(object)) queue.add(keyOf(object))
  })
  changes.on(owner, ({ type, object }) => {
    if (type !== 'ADDED') return
    for (const each of cluster.list(child, object.metadata.namespace)) if (isOrphan(each)) queue.add(keyOf(each))
  })

  function reconcile(key: string): void {
    const [namespace, name] = splitKey(key)
    const orphan = cluster.get(child, namespace, name)
    if (!orphan || !isOrphan(orphan)) return
    const parent = cluster
      .list(owner, namespace)
      .find(
        (each) =>
          each.metadata.deletionTimestamp === undefined &&
          labelSelectorMatches(each.spec.selector, orphan.metadata.labels ?? {}),
      )
    if (!parent) return
    const ownerReferences = [...(orphan.metadata.ownerReferences ?? []), controllerReference(parent)]
    cluster.api.update(child, { ...orphan, metadata: { ...orphan.metadata, ownerReferences } })
  }
}
