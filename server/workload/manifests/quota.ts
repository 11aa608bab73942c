import { claimsOf } from './claims.ts'
import { endpointsOf } from './endpoints.ts'
import type { ManifestInput } from './input.ts'
import { metadataOf, type KubernetesObject } from './object.ts'
import { bytesQuantity, cpuQuantity } from './quantity.ts'
import { shareResources } from './resources.ts'

/** What Berth's own jobs (backups, restores) may take beside the plan. */
export const ownAllowance = { cpuMillicores: 100, memoryBytes: 128 * 2 ** 20, pods: 2 } as const

/**
 * What cert-manager's proof of a host (ACME, HTTP-01) runs in: its default limits, which it takes for a minute for each
 * public host.
 */
const solver = { cpuMillicores: 100, memoryBytes: 64 * 2 ** 20 } as const

/**
 * The plan, plus one copy's surge, plus the template's jobs and Berth's own: an exact quota would stop every rollout
 * and every backup. No NodePort and no LoadBalancer: they would open a way past the ingress.
 */
export function resourceQuota(input: ManifestInput): KubernetesObject {
  const shares = shareResources(input.spec, input.plan)
  const lasting = input.spec.services.filter(({ kind }) => kind !== 'job').map(({ name }) => shares.get(name)!)
  const jobs = input.spec.services.filter(({ kind }) => kind === 'job').map(({ name }) => shares.get(name)!)
  const cpu = room(input.plan.cpuMillicores, lasting, jobs, ({ cpuMillicores }) => cpuMillicores)
  const memory = room(input.plan.memoryBytes, lasting, jobs, ({ memoryBytes }) => memoryBytes)
  const copies = lasting.reduce((sum, { replicas }) => sum + replicas, 0)
  const claims = claimsOf(input)
  const solvers = solversOf(input)
  const cpuLimit = cpuQuantity(cpu + ownAllowance.cpuMillicores + solvers * solver.cpuMillicores)
  const memoryLimit = bytesQuantity(memory + ownAllowance.memoryBytes + solvers * solver.memoryBytes)
  return {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: metadataOf(input, 'plan'),
    spec: {
      hard: {
        'requests.cpu': cpuLimit,
        'limits.cpu': cpuLimit,
        'requests.memory': memoryLimit,
        'limits.memory': memoryLimit,
        'requests.storage': bytesQuantity(claims.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)),
        persistentvolumeclaims: String(claims.length),
        // Every service may be rolling at once, and what is ending still counts.
        pods: String(copies * 2 + jobs.length + ownAllowance.pods + solvers),
        services: String(input.spec.services.reduce((sum, { aliases }) => sum + 1 + aliases.length, solvers)),
        'services.nodeports': '0',
        'services.loadbalancers': '0',
      },
    },
  }
}

/** What cert-manager makes beside, to prove whose a public host is: a pod and a Service for each, for a while. */
const solversOf = (input: ManifestInput): number =>
  input.cluster.certificateIssuer
    ? new Set(endpointsOf(input).flatMap(({ scope, host }) => (scope === 'PUBLIC' ? [host] : []))).size
    : 0

/** The plan, one more copy of the largest service, and every job. */
function room<Item>(plan: number, lasting: Item[], jobs: Item[], amount: (item: Item) => number): number {
  const surge = Math.max(0, ...lasting.map(amount))
  return plan + surge + jobs.reduce((sum, job) => sum + amount(job), 0)
}
