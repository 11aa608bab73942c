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
  // Every copy of every service gets at least one unit: a limit of nothing would mean no limit.
  const copies = services.map((service) => Math.max(1, replicasOf(service, spec, plan)))
  const shareOut = (total: number, weights: number[]): number[] => apportion(total, weights, copies)
  const cpu = shareOut(
    plan.cpuMillicores,
    services.map(({ weights }) => weights.cpu),
  )
  const memory = shareOut(
    plan.memoryBytes,
    services.map(({ weights }) => weights.memory),
  )
  services.forEach((service, index) => {
    if (only !== undefined && service.name !== only) return
    const each = (total: number | undefined): number => Math.max(1, Math.floor((total ?? 0) / (copies[index] ?? 1)))
    const replicas = replicasOf(service, spec, plan)
    shares.set(service.name, { cpuMillicores: each(cpu[index]), memoryBytes: each(memory[index]), replicas })
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
 * least their minimum (one, unless told) while there is enough for all minimums.
 */
export function apportion(total: number, weights: readonly number[], minimums = weights.map(() => 1)): number[] {
  const sum = sumOf(weights)
  const exact = weights.map((weight) => (total * weight) / sum)
  const shares = exact.map(Math.floor)
  let left = total - sumOf(shares)
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index)
  for (const { index } of byRemainder) {
    if (left <= 0) break
    shares[index] = (shares[index] ?? 0) + 1
    left -= 1
  }
  return total >= sumOf(minimums) ? raised(shares, minimums) : shares
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

/** Takes from whoever has most to spare for those below their minimum. */
function raised(shares: number[], minimums: readonly number[]): number[] {
  const spareOf = (index: number): number => (shares[index] ?? 0) - (minimums[index] ?? 0)
  for (let index = 0; index < shares.length; index++) {
    while (spareOf(index) < 0) {
      const richest = shares.reduce((best, _, other) => (spareOf(other) > spareOf(best) ? other : best), 0)
      const moved = Math.min(-spareOf(index), spareOf(richest))
      if (moved <= 0) return shares
      shares[richest] = (shares[richest] ?? 0) - moved
      shares[index] = (shares[index] ?? 0) + moved
    }
  }
  return shares
}
