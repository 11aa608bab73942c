/** Writes what each quota's namespace uses (k8s.io/kubernetes/pkg/controller/resourcequota). */
import { usedOf } from '../../admission/quota-usage.ts'
import { keyOf, splitKey } from '../shared/cluster.ts'
import { type Deps } from '../shared/deps.ts'

export function startQuotas(deps: Deps): void {
  const { cluster, changes } = deps
  const queue = deps.queue(reconcile)
  const byNamespace = new Map<string, Set<string>>()
  changes.on('resourcequotas', ({ type, object }) => {
    const { namespace = '' } = object.metadata
    const key = keyOf(object)
    const quotas = byNamespace.get(namespace) ?? new Set()
    byNamespace.set(namespace, quotas)
    if (type === 'DELETED') quotas.delete(key)
    else quotas.add(key)
    if (quotas.size === 0) byNamespace.delete(namespace)
    queue.add(key)
  })
  changes.onAny(({ type, resource, object, previous }) => {
    const { namespace } = object.metadata
    if (namespace === undefined || resource === 'events' || resource === 'resourcequotas') return
    const quotas = byNamespace.get(namespace)
    if (!quotas) return
    // Besides its coming and going only a pod's end and a changed specification change what an object uses.
    const same = type === 'MODIFIED' && previous !== undefined && usageTrace(previous) === usageTrace(object)
    if (!same) for (const key of quotas) queue.add(key)
  })

  function reconcile(key: string): void {
    const [namespace, name] = splitKey(key)
    const quota = cluster.get('resourcequotas', namespace, name)
    if (!quota) return queue.forget(key)
    cluster.setStatus('resourcequotas', quota, { hard: quota.spec.hard ?? {}, used: usedOf(cluster.api, quota) })
  }
}

/** What of an object can change its usage, cheaply. */
function usageTrace(object: { kind: string; spec?: unknown; status?: unknown }): string {
  if (object.kind === 'Pod') return `${hasEnded(object.status)} ${JSON.stringify(object.spec)}`
  if (object.kind === 'PersistentVolumeClaim' || object.kind === 'Service') return JSON.stringify(object.spec)
  return ''
}

function hasEnded(status: unknown): boolean {
  const phase = typeof status === 'object' && status !== null && 'phase' in status ? status.phase : undefined
  return phase === 'Succeeded' || phase === 'Failed'
}
