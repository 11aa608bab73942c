/**
 * ResourceQuota: nothing is created or grown beyond `spec.hard`. Usage is summed from the objects themselves at the
 * moment of the write, so creations at the same time cannot overshoot.
 */
import { type Write } from '../api/request.ts'
import { forbidden } from '../errors.ts'
import { asObject, asStrings, at } from '../json.ts'
import { addLists, formatQuantity, quantity, type ResourceList, subtractQuantity } from '../quantity.ts'
import { type Store } from '../store.ts'
import { type KubeObject } from '../types.ts'
import { inScope, usageOfObject, usedOf } from './quota-usage.ts'

const computed = ['cpu', 'memory', 'ephemeral-storage']

function list(entries: ResourceList, names: readonly string[]): string {
  return [...names]
    .sort()
    .map((name) => `${name}=${entries[name] ?? '0'}`)
    .join(',')
}

/** Names that a quota bounds and that a pod must therefore state for each of its containers. */
function unstated(hard: ResourceList, pod: KubeObject): string[] {
  const spec = asObject(pod.spec)
  const containers = [spec.containers, spec.initContainers].flatMap(
    (each) => (Array.isArray(each) ? each : []) as unknown[],
  )
  return Object.keys(hard).filter((name) => {
    const [, side = 'requests', resource = name] = /^(requests|limits)\.(.+)$/.exec(name) ?? []
    if (!computed.includes(resource)) return false
    return containers.some((container) => at(container, 'resources', side, resource) === undefined)
  })
}

/** The growth of usage by a write, of the names that a quota bounds. */
function growth(write: Write, hard: ResourceList): ResourceList {
  const after = usageOfObject(write.resource, write.object)
  const before = write.previous ? usageOfObject(write.resource, write.previous) : {}
  const grown: ResourceList = {}
  for (const name of Object.keys(hard)) {
    const more = subtractQuantity(quantity(after[name]), quantity(before[name]))
    if (more.nano > 0n) grown[name] = formatQuantity(more)
  }
  return grown
}

/** Throws 403 when a quota of the namespace does not allow the write. */
export function checkQuota(store: Store, write: Write): void {
  const { resource, object, subresource } = write
  const { namespace, name } = object.metadata
  if (namespace === undefined || subresource !== '' || resource.key === 'events') return
  for (const quota of store.list('resourcequotas', namespace)) {
    if (!inScope(quota, resource, object)) continue
    const hard = asStrings(at(quota, 'spec', 'hard'))
    if (resource.key === 'pods' && !write.previous) {
      const missing = unstated(hard, object)
      if (missing.length) {
        throw forbidden(
          resource,
          name,
          `failed quota: ${quota.metadata.name}: must specify ${missingText(missing, object)}`,
        )
      }
    }
    const requested = growth(write, hard)
    if (Object.keys(requested).length === 0) continue
    const used = usedOf(store, quota)
    const total = addLists(used, requested)
    const over = Object.keys(requested).filter((each) => quantity(total[each]).nano > quantity(hard[each]).nano)
    if (over.length === 0) continue
    throw forbidden(
      resource,
      name,
      `exceeded quota: ${quota.metadata.name}, requested: ${list(requested, over)}, used: ${list(used, over)}, limited: ${list(hard, over)}`,
    )
  }
}

/** `limits.cpu for: a,b; requests.memory for: a` — which containers lack what. */
function missingText(missing: readonly string[], pod: KubeObject): string {
  const spec = asObject(pod.spec)
  const containers = [spec.containers, spec.initContainers].flatMap(
    (each) => (Array.isArray(each) ? each : []) as unknown[],
  )
  return [...missing]
    .sort()
    .map((name) => {
      const [, side = 'requests', resource = name] = /^(requests|limits)\.(.+)$/.exec(name) ?? []
      const lacking = containers.filter((each) => at(each, 'resources', side, resource) === undefined)
      return `${name} for: ${lacking
        .map((each) => String(at(each, 'name')))
        .sort()
        .join(',')}`
    })
    .join('; ')
}
