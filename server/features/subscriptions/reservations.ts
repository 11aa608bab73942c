import type { Tx } from '../../db/database.ts'
import { conflict } from '../../lib/errors.ts'
import type { FreeResources, WorkerService } from '../workers/service.ts'

/**
 * The capacity ledger at ordering: under a lock on the cluster's row, so that two orders never sell the same room, the
 * promise must fit into what the workers can hold less what is promised already.
 */
export type Resources = { cpuMillicores: number; memoryBytes: bigint; storageBytes: bigint }

export async function reserve(
  tx: Tx,
  workers: WorkerService,
  { subscriptionId, clusterId, organizationId }: { subscriptionId: string; clusterId: string; organizationId: string },
  wanted: Resources,
): Promise<void> {
  // NO KEY: the order's own rows refer to the cluster and hold its key already, and two orders would wait for each other.
  await tx.$queryRaw`SELECT 1 FROM clusters WHERE id = ${clusterId}::uuid FOR NO KEY UPDATE`
  const free = await workers.free(tx, clusterId)
  if (
    wanted.cpuMillicores > free.cpuMillicores ||
    wanted.memoryBytes > free.memoryBytes ||
    (free.storageBytes !== null && wanted.storageBytes > free.storageBytes)
  ) {
    throw noCapacity(wanted, free)
  }
  await tx.reservation.create({ data: { subscriptionId, clusterId, organizationId, ...wanted } })
}

/** Names what is short, and what would fit, for a program and for a person. */
function noCapacity(wanted: Resources, free: FreeResources) {
  const short = [
    ...(wanted.cpuMillicores > free.cpuMillicores
      ? [`${free.cpuMillicores} of ${wanted.cpuMillicores} millicores`]
      : []),
    ...(wanted.memoryBytes > free.memoryBytes ? [`${free.memoryBytes} of ${wanted.memoryBytes} bytes of memory`] : []),
    ...(free.storageBytes !== null && wanted.storageBytes > free.storageBytes
      ? [`${free.storageBytes} of ${wanted.storageBytes} bytes of storage`]
      : []),
  ]
  return conflict(
    'NO_CAPACITY',
    `There is not enough room for this plan: ${short.join(', ')} are free. A smaller plan may fit.`,
    {
      extensions: {
        available: {
          cpuMillicores: free.cpuMillicores,
          memoryBytes: Number(free.memoryBytes),
          storageBytes: free.storageBytes === null ? null : Number(free.storageBytes),
        },
      },
    },
  )
}
