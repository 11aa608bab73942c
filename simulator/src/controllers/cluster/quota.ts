/** Writes what each quota's namespace uses (k8s.io/kubernetes/pkg/controller/resourcequota). */
import { usedOf } from '../../admission/quota-usage.ts'
import { at, equal } from '../../json.ts'
import { type Change, type KubeObject } from '../../types.ts'
import { keyOf, splitKey } from '../shared/cluster.ts'
import { type Deps } from '../shared/deps.ts'

export function startQuotas(deps: Deps): void {
  const { cluster, changes } = deps
  const queue = deps.queue(reconcile)
  /** The names that each quota bounds, by namespace and quota. */
  const bounds = new Map<string, Map<string, readonly string[]>>()
  changes.on('resourcequotas', ({ type, object }) => {
    const { namespace = '' } = object.metadata
    const key = keyOf(object)
    const quotas = bounds.get(namespace) ?? new Map<string, readonly string[]>()
    bounds.set(namespace, quotas)
    if (type === 'DELETED') quotas.delete(key)
    else quotas.set(key, Object.keys(object.spec.hard ?? {}))
    if (quotas.size === 0) bounds.delete(namespace)
    queue.add(key)
  })
  changes.onAny((change) => {
    const { namespace } = change.object.metadata
    const quotas = namespace === undefined ? undefined : bounds.get(namespace)
    if (!quotas || change.resource === 'resourcequotas' || !changesUsage(change)) return
    for (const [key, names] of quotas) if (names.some((name) => isBoundBy(change.resource, name))) queue.add(key)
  })

  function reconcile(key: string): void {
    const [namespace, name] = splitKey(key)
    const quota = cluster.get('resourcequotas', namespace, name)
    if (!quota) return queue.forget(key)
    cluster.setStatus('resourcequotas', quota, { hard: quota.spec.hard ?? {}, used: usedOf(cluster.api, quota) })
  }
}

/** Besides its coming and going, only a pod's end and a changed specification change what an object uses. */
function changesUsage({ type, object, previous }: Change): boolean {
  if (type !== 'MODIFIED' || !previous) return true
  return hasEnded(previous) !== hasEnded(object) || !equal(previous.spec, object.spec)
}

function hasEnded(object: KubeObject): boolean {
  const phase = at(object.status, 'phase')
  return phase === 'Succeeded' || phase === 'Failed'
}

/** Whether a name in `spec.hard` counts anything of a resource. */
function isBoundBy(resource: string, name: string): boolean {
  if (name === resource || name === `count/${resource}`) return true
  if (resource === 'persistentvolumeclaims') return name === 'requests.storage' || name.includes('.storageclass.')
  if (resource === 'services') return name.startsWith('services.')
  return resource === 'pods' && !name.startsWith('count/') && !name.startsWith('services')
}
