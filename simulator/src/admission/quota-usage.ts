/**
 * What a namespace uses of what quotas can bound: a pure sum over its objects, so that admission and the controller that
 * writes `status.used` cannot disagree (k8s.io/kubernetes/pkg/quota/v1/evaluator/core).
 */
import { asNumber, asObject, asObjects, asString, asStrings, at, type JsonObject } from '../json.ts'
import { addLists, maxLists, type ResourceList } from '../quantity.ts'
import { type Resource, resources } from '../registry/resources.ts'
import { type KubeObject, type ResourceKey } from '../types.ts'

/** The part of the API or of the store that counting needs. */
export type Lists = { list(resource: ResourceKey, namespace?: string): readonly KubeObject[] }

/** A pod that has ended holds nothing. */
function holdsResources(pod: KubeObject): boolean {
  const phase = at(pod, 'status', 'phase')
  return phase !== 'Succeeded' && phase !== 'Failed'
}

function sumOf(containers: readonly JsonObject[], side: 'requests' | 'limits'): ResourceList {
  return containers.reduce<ResourceList>((sum, each) => addLists(sum, asStrings(at(each, 'resources', side))), {})
}

/** What a pod asks for: the larger of its containers together and of each init container (sidecars count throughout). */
export function podResources(pod: KubeObject, side: 'requests' | 'limits'): ResourceList {
  const spec = asObject(pod.spec)
  const inits = asObjects(spec.initContainers)
  const sidecars = inits.filter((each) => each.restartPolicy === 'Always')
  let total = addLists(sumOf(asObjects(spec.containers), side), sumOf(sidecars, side))
  let before: ResourceList = {}
  for (const init of inits) {
    const own = asStrings(at(init, 'resources', side))
    total = maxLists(total, addLists(before, own))
    if (init.restartPolicy === 'Always') before = addLists(before, own)
  }
  const overhead = asStrings(spec.overhead)
  return Object.keys(overhead).length ? addLists(total, overhead) : total
}

function podUsage(pod: KubeObject): ResourceList {
  if (!holdsResources(pod)) return { 'count/pods': '1' }
  const usage: ResourceList = { pods: '1', 'count/pods': '1' }
  for (const [name, value] of Object.entries(podResources(pod, 'requests'))) {
    usage[`requests.${name}`] = value
    if (name === 'cpu' || name === 'memory' || name === 'ephemeral-storage') usage[name] = value
  }
  for (const [name, value] of Object.entries(podResources(pod, 'limits'))) usage[`limits.${name}`] = value
  return usage
}

function claimUsage(claim: KubeObject): ResourceList {
  const storage = asString(at(claim, 'spec', 'resources', 'requests', 'storage'))
  const granted = asString(at(claim, 'status', 'allocatedResources', 'storage'))
  const size = maxLists(storage ? { storage } : {}, granted ? { storage: granted } : {}).storage
  const usage: ResourceList = { persistentvolumeclaims: '1', ...(size ? { 'requests.storage': size } : {}) }
  const storageClass = asString(at(claim, 'spec', 'storageClassName'))
  if (storageClass) {
    const prefix = `${storageClass}.storageclass.storage.k8s.io`
    usage[`${prefix}/persistentvolumeclaims`] = '1'
    if (size) usage[`${prefix}/requests.storage`] = size
  }
  return usage
}

function serviceUsage(service: KubeObject): ResourceList {
  const type = at(service, 'spec', 'type')
  const ports = asObjects(at(service, 'spec', 'ports')).length
  const usage: ResourceList = { services: '1' }
  if (type === 'LoadBalancer') usage['services.loadbalancers'] = '1'
  const withPorts = type === 'LoadBalancer' && at(service, 'spec', 'allocateLoadBalancerNodePorts') !== false
  if (type === 'NodePort' || withPorts) usage['services.nodeports'] = String(ports)
  return usage
}

const counted = new Set(['configmaps', 'secrets', 'resourcequotas', 'replicationcontrollers'])

/** What one object adds to its namespace's usage. */
export function usageOfObject(resource: Resource, object: KubeObject): ResourceList {
  if (resource.key === 'pods') return podUsage(object)
  const count: ResourceList = { [`count/${resource.key}`]: '1' }
  if (resource.key === 'persistentvolumeclaims') return { ...count, ...claimUsage(object) }
  if (resource.key === 'services') return { ...count, ...serviceUsage(object) }
  return counted.has(resource.key) ? { ...count, [resource.key]: '1' } : count
}

/** Everything that quotas of a namespace can bound, by its name in `spec.hard`; what is absent is zero. */
export function usageOf(api: Lists, namespace: string): ResourceList {
  let usage: ResourceList = {}
  for (const resource of resources) {
    if (!resource.namespaced) continue
    for (const object of api.list(resource.key, namespace)) usage = addLists(usage, usageOfObject(resource, object))
  }
  return usage
}

function isTerminating(pod: KubeObject): boolean {
  return asNumber(at(pod, 'spec', 'activeDeadlineSeconds')) !== undefined
}

/** Whether a quota with scopes counts an object at all; quotas without scopes count everything. */
export function inScope(quota: KubeObject, resource: Resource, object: KubeObject): boolean {
  const scopes = at(quota, 'spec', 'scopes')
  if (!Array.isArray(scopes) || scopes.length === 0) return true
  if (resource.key !== 'pods') return false
  const bestEffort = at(object, 'status', 'qosClass') === 'BestEffort'
  return scopes.every((scope) => {
    if (scope === 'BestEffort') return bestEffort
    if (scope === 'NotBestEffort') return !bestEffort
    if (scope === 'Terminating') return isTerminating(object)
    return scope !== 'NotTerminating' || !isTerminating(object)
  })
}

/** What a quota's `status.used` says: usage within its scopes, for the names that it bounds. */
export function usedOf(api: Lists, quota: KubeObject): ResourceList {
  const namespace = quota.metadata.namespace ?? ''
  let usage: ResourceList = {}
  for (const resource of resources) {
    if (!resource.namespaced) continue
    for (const object of api.list(resource.key, namespace)) {
      if (inScope(quota, resource, object)) usage = addLists(usage, usageOfObject(resource, object))
    }
  }
  const hard = asObject(at(quota, 'spec', 'hard'))
  return Object.fromEntries(Object.keys(hard).map((name) => [name, usage[name] ?? '0']))
}
