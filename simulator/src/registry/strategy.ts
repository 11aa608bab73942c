/** Which parts of a written object count: status on the main resource does not, spec on the status subresource neither. */
import { type Subresource } from '../api/request.ts'
import { asArray, asObjects, asString, at, isObject } from '../json.ts'
import { type KubeObject } from '../types.ts'
import { hasStatus, type Resource } from './resources.ts'

/** The status of a new object; kinds that are not here begin with an empty one. */
function initialStatus(resource: Resource, object: KubeObject): unknown {
  switch (resource.key) {
    case 'pods':
      return { phase: 'Pending', qosClass: qosClass(object) }
    case 'namespaces':
      return { phase: 'Active' }
    case 'persistentvolumeclaims':
    case 'persistentvolumes':
      return { phase: 'Pending' }
    case 'services':
    case 'ingresses.networking.k8s.io':
      return { loadBalancer: {} }
    case 'nodes':
      return object.status ?? {}
    default:
      return {}
  }
}

/** Guaranteed: every container's limits of cpu and memory equal its requests. BestEffort: there are none. */
function qosClass(pod: KubeObject): string {
  const containers = [...asArray(at(pod, 'spec', 'containers')), ...asArray(at(pod, 'spec', 'initContainers'))]
  let some = false
  let guaranteed = true
  for (const container of asObjects(containers)) {
    for (const resource of ['cpu', 'memory']) {
      const limit = asString(at(container, 'resources', 'limits', resource))
      const request = asString(at(container, 'resources', 'requests', resource)) ?? limit
      some ||= request !== undefined && request !== '0'
      guaranteed &&= limit !== undefined && limit === request
    }
  }
  if (!some) return 'BestEffort'
  return guaranteed ? 'Guaranteed' : 'Burstable'
}

/** Puts aside what the creator of an object may not decide. */
export function prepareForCreate(resource: Resource, object: KubeObject): void {
  if (hasStatus(resource)) object.status = initialStatus(resource, object)
}

/** Takes from the stored object what this write may not change. */
export function prepareForUpdate(
  resource: Resource,
  object: KubeObject,
  previous: KubeObject,
  subresource: Subresource,
): void {
  if (subresource === 'status') {
    for (const key of Object.keys(object)) {
      if (key === 'status' || key === 'metadata' || previous[key] !== undefined) continue
      delete object[key]
    }
    for (const key of Object.keys(previous)) if (key !== 'status' && key !== 'metadata') object[key] = previous[key]
    const { labels: _, ...metadata } = object.metadata
    object.metadata = { ...metadata, ...(previous.metadata.labels ? { labels: previous.metadata.labels } : {}) }
    return
  }
  if (hasStatus(resource)) {
    if (previous.status === undefined) delete object.status
    else object.status = previous.status
  }
  if (resource.key === 'namespaces' && subresource !== 'finalize') {
    const finalizers = at(previous, 'spec', 'finalizers')
    const spec = isObject(object.spec) ? { ...object.spec } : {}
    if (finalizers === undefined) delete spec.finalizers
    else spec.finalizers = finalizers
    object.spec = spec
  }
}
