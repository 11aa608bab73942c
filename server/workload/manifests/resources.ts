import type { ServiceSpec, WorkloadSpec } from '../spec.ts'
import type { PlanResources } from './input.ts'
import { isSharingVolumes } from './node-groups.ts'

/** What each copy of a service gets. */
export type Share = { readonly cpuMillicores: number; readonly memoryBytes: number; readonly replicas: number }

/**
 * The plan, shared out between the services that run all the time, in proportion to their weights: whole millicores and
 * bytes, nothing lost between services, never more than the plan. A job runs beside them for a while, so it takes
 * nothing away from them: it gets what its weight would have given it, and the quota has room for it.
 */
export function shareResources(spec: WorkloadSpec, plan: PlanResources): ReadonlyMap<string, Share> {
  const lasting = spec.services.filter(({ kind }) => kind !== 'job')
  const jobs = spec.services.filter(({ kind }) => kind === 'job')
  const shares = new Map<string, Share>()
  for (const group of lasting.length > 0 ? [lasting] : [jobs]) share(group, spec, plan, shares)
  for (const job of jobs) {
    if (!shares.has(job.name)) share([job, ...lasting], spec, plan, shares, job.name)
  }
  return shares
}

function share(
  services: readonly ServiceSpec[],
  spec: WorkloadSpec,
  plan: PlanResources,
  shares: Map<string, Share>,
  only?: string,
): void {
  const cpu = apportion(
    plan.cpuMillicores,
    services.map(({ weights }) => weights.cpu),
  )
  const memory = apportion(
    plan.memoryBytes,
    services.map(({ weights }) => weights.memory),
  )
  services.forEach((service, index) => {
    if (only !== undefined && service.name !== only) return
    const replicas = replicasOf(service, spec, plan)
    const copies = Math.max(1, replicas)
    // A limit of nothing would mean no limit.
    const cpuMillicores = Math.max(1, Math.floor((cpu[index] ?? 0) / copies))
    const memoryBytes = Math.max(1, Math.floor((memory[index] ?? 0) / copies))
    shares.set(service.name, { cpuMillicores, memoryBytes, replicas })
  })
}

/** How many copies run: what the template makes sense with, within the plan; one where copies would share a disk. */
export function replicasOf(service: ServiceSpec, spec: WorkloadSpec, plan: PlanResources): number {
  if (service.kind === 'job' || isSharingVolumes(spec, service)) return 1
  if (service.kind === 'stateful' && !service.clustered) return Math.min(1, service.replicas)
  return Math.min(service.replicas, Math.max(1, plan.replicas))
}

/**
 * Shares a whole number out by weights, by largest remainders: the sum is exactly the total, and everybody gets at
 * least one while there are enough to go round.
 */
export function apportion(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0)
  const exact = weights.map((weight) => (total * weight) / sum)
  const shares = exact.map(Math.floor)
  let left = total - shares.reduce((a, b) => a + b, 0)
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index)
  for (const { index } of byRemainder) {
    if (left <= 0) break
    shares[index] = (shares[index] ?? 0) + 1
    left -= 1
  }
  return total >= shares.length ? raiseZeros(shares) : shares
}

/** Takes from the largest for those that got nothing. */
function raiseZeros(shares: number[]): number[] {
  for (let index = 0; index < shares.length; index++) {
    if (shares[index] !== 0) continue
    const largest = shares.indexOf(Math.max(...shares))
    shares[largest] = (shares[largest] ?? 0) - 1
    shares[index] = 1
  }
  return shares
}
