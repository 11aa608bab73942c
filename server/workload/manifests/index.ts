import { persistentVolumeClaims } from './claims.ts'
import { configMaps } from './config-map.ts'
import { deployment } from './deployment.ts'
import { renderContextOf } from './endpoints.ts'
import { ingresses } from './ingress.ts'
import type { ManifestInput } from './input.ts'
import { job } from './job.ts'
import { limitRange } from './limit-range.ts'
import { namespace } from './namespace.ts'
import { networkPolicies } from './network-policies.ts'
import { nodeGroups } from './node-groups.ts'
import type { KubernetesObject } from './object.ts'
import { partOf, type Part } from './part.ts'
import { disruptionBudgets } from './pdb.ts'
import { resourceQuota } from './quota.ts'
import { shareResources } from './resources.ts'
import { secrets } from './secret.ts'
import { serviceAccount } from './service-account.ts'
import { services } from './service.ts'
import { statefulSets } from './stateful-set.ts'

/**
 * A subscription's objects, in the order in which they are applied: what bounds it comes before what runs in it. Pure:
 * the same input gives the same bytes. All workloads are there whatever they depend on; the reconciler keeps the order
 * of first starts.
 */
export function manifests(input: ManifestInput): KubernetesObject[] {
  const parts = partsOf(input)
  return [
    namespace(input),
    resourceQuota(input),
    limitRange(input),
    ...networkPolicies(input),
    serviceAccount(input),
    ...parts.flatMap(secrets),
    ...parts.flatMap(configMaps),
    ...persistentVolumeClaims(input),
    ...parts.flatMap(services),
    ...parts.flatMap(workloads),
    ...ingresses(input),
    ...parts.flatMap(disruptionBudgets),
  ]
}

function partsOf(input: ManifestInput): Part[] {
  const shares = shareResources(input.spec, input.plan)
  const groups = nodeGroups(input.spec)
  const context = renderContextOf(input)
  return input.spec.services.flatMap((service) => {
    const share = shares.get(service.name)
    return share ? [partOf(input, service, share, context, groups.get(service.name))] : []
  })
}

function workloads(part: Part): KubernetesObject[] {
  switch (part.service.kind) {
    case 'job':
      return [job(part)]
    case 'stateful':
      return statefulSets(part)
    case 'stateless':
      return [deployment(part)]
  }
}

export { startOrder } from '../order.ts'
export { claimsOf, type ClaimView } from './claims.ts'
export { connectionOf, type ConnectionField } from './connection.ts'
export { endpointsOf, type EndpointView } from './endpoints.ts'
export { shortagesOf } from './shortages.ts'
export type { ClusterSettings, ManifestInput, PlanResources, PodGroup, SubscriptionIdentity } from './input.ts'
export type { KubernetesObject } from './object.ts'
