import type { Tx } from '../../../db/database.ts'
import type { PlanVersion } from '../../../db/generated/client.ts'
import { conflict } from '../../../lib/errors.ts'
import { shortagesOf } from '../../../workload/manifests/index.ts'
import { readWorkloadSpec, type WorkloadSpec } from '../../../workload/spec.ts'

/**
 * What must be true of a published service, however it is changed: there is something to run and a plan to buy, and
 * every plan on offer can hold it. Called at the end of each change of a service, its plans or its revision, with the
 * service's row locked.
 */
export async function assertSellable(tx: Tx, serviceId: string): Promise<void> {
  const service = await tx.service.findUniqueOrThrow({
    where: { id: serviceId },
    select: {
      status: true,
      name: true,
      currentRevision: { select: { spec: true } },
      plans: {
        where: { visible: true },
        select: { name: true, currentVersion: true },
      },
    },
  })
  if (service.status !== 'PUBLISHED') return
  const reasons = [
    ...(service.currentRevision ? [] : ['it has no revision: there is nothing to run']),
    ...(service.plans.length > 0 ? [] : ['it has no visible plan: there is nothing to buy']),
    ...(service.currentRevision ? shortages(readWorkloadSpec(service.currentRevision.spec), service.plans) : []),
  ]
  if (reasons.length > 0)
    throw conflict('NOT_SELLABLE', `"${service.name}" cannot be on sale like this: ${reasons.join('; ')}.`, {
      extensions: { reasons },
    })
}

const shortages = (spec: WorkloadSpec, plans: readonly { name: string; currentVersion: PlanVersion | null }[]) =>
  plans.flatMap(({ name, currentVersion }) => {
    if (!currentVersion) return []
    const { cpuMillicores, memoryBytes, storageBytes, replicas } = currentVersion
    const plan = { cpuMillicores, memoryBytes: Number(memoryBytes), storageBytes: Number(storageBytes), replicas }
    return shortagesOf(spec, plan).map((shortage) => `the plan "${name}" has ${shortage}`)
  })

/**
 * As `lockService`, and orders of it wait as well: those that were first are seen from here on, and those that come
 * later see what becomes of it (`orderable`).
 */
export const lockAgainstOrders = (tx: Tx, serviceId: string): Promise<unknown> =>
  tx.$queryRaw`SELECT 1 FROM services WHERE id = ${serviceId}::uuid FOR UPDATE`

/** Changes of one service follow each other from here on; orders of it do not wait. */
export const lockService = (tx: Tx, serviceId: string): Promise<unknown> =>
  tx.$queryRaw`SELECT 1 FROM services WHERE id = ${serviceId}::uuid FOR NO KEY UPDATE`
