import type { Clock } from '../../../lib/clock.ts'
import type { FreeResources, WorkerService } from '../../workers/service.ts'
import type { ServiceWithParts } from './store.ts'

/** Whether one more fits, and how many. Looked up for all visitors together: it may be some seconds old. */

export type PlanAvailability = { id: string; slug: string; orderable: boolean; more: number }
export type Availability = {
  orderable: boolean
  reason: 'RETIRED' | 'NO_CAPACITY' | 'NO_CLUSTER' | null
  plans: PlanAvailability[]
}

const keptMilliseconds = 5_000
const mostCounted = 1_000

type Dependencies = { workers: Pick<WorkerService, 'freeForOrders'>; clock: Clock }

export function createAvailability({ workers, clock }: Dependencies) {
  let kept: { until: number; free: Promise<FreeResources | undefined> } | undefined

  /** One query at a time and at most one in five seconds, however many ask. What failed is asked again. */
  const free = (): Promise<FreeResources | undefined> => {
    const now = clock.systemNow().getTime()
    if (kept && kept.until > now) return kept.free
    const asked = workers.freeForOrders()
    const entry = { until: now + keptMilliseconds, free: asked }
    kept = entry
    asked.catch(() => {
      if (kept === entry) kept = undefined
    })
    return asked
  }

  return {
    /** Text that changes when what is free does: a part of ETags of what tells of it. */
    async capacity(): Promise<string> {
      const resources = await free()
      return resources ? Object.values(resources).join() : 'none'
    },

    async of({ status, plans: offered }: Pick<ServiceWithParts, 'status' | 'plans'>): Promise<Availability> {
      const resources = await free()
      const sold = status === 'PUBLISHED'
      const plans = offered.map(({ id, slug, currentVersion }) => {
        const more = resources && sold ? fitting(currentVersion, resources) : 0
        return { id, slug, orderable: more > 0, more }
      })
      const orderable = plans.some((plan) => plan.orderable)
      const reason = !sold ? 'RETIRED' : resources ? 'NO_CAPACITY' : 'NO_CLUSTER'
      return { orderable, reason: orderable ? null : reason, plans }
    },
  }
}

type Sizes = { cpuMillicores: number; memoryBytes: bigint; storageBytes: bigint }

function fitting(plan: Sizes, free: FreeResources): number {
  const bounds = [
    Math.floor(free.cpuMillicores / plan.cpuMillicores),
    Number(free.memoryBytes / plan.memoryBytes),
    ...(free.storageBytes !== null && plan.storageBytes > 0n ? [Number(free.storageBytes / plan.storageBytes)] : []),
  ]
  return Math.min(mostCounted, ...bounds)
}
