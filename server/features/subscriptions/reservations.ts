import type { Tx } from '../../db/database.ts'
import { conflict } from '../../lib/errors.ts'
import type { WorkerService } from '../workers/service.ts'

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
  const [cluster] = await tx.$queryRaw<{ storage_bytes: bigint | null }[]>`
    SELECT storage_bytes FROM clusters WHERE id = ${clusterId}::uuid FOR NO KEY UPDATE`
  if (!cluster) throw new Error(`the cluster ${clusterId} has no row`)
  const free = await freeResources(tx, workers, clusterId, cluster.storage_bytes)
  if (
    wanted.cpuMillicores > free.cpuMillicores ||
    wanted.memoryBytes > free.memoryBytes ||
    (free.storageBytes !== null && wanted.storageBytes > free.storageBytes)
  ) {
    throw noCapacity(wanted, free)
  }
  await tx.reservation.create({ data: { subscriptionId, clusterId, organizationId, ...wanted } })
}

type Free = { cpuMillicores: number; memoryBytes: bigint; storageBytes: bigint | null }

async function freeResources(
  tx: Tx,
  workers: WorkerService,
  clusterId: string,
  storageBytes: bigint | null,
): Promise<Free> {
  const allocatable = await workers.allocatable(tx, clusterId)
  const [sold] = await tx.$queryRaw<{ cpu: bigint; memory: bigint; storage: bigint }[]>`
    SELECT coalesce(sum(cpu_millicores), 0)::bigint AS cpu, coalesce(sum(memory_bytes), 0)::bigint AS memory,
           coalesce(sum(storage_bytes), 0)::bigint AS storage
    FROM reservations WHERE cluster_id = ${clusterId}::uuid AND released_at IS NULL`
  return {
    cpuMillicores: Math.max(0, allocatable.cpuMillicores - Number(sold?.cpu ?? 0)),
    memoryBytes: atLeastZero(allocatable.memoryBytes - (sold?.memory ?? 0n)),
    storageBytes: storageBytes === null ? null : atLeastZero(storageBytes - (sold?.storage ?? 0n)),
  }
}

const atLeastZero = (amount: bigint): bigint => (amount > 0n ? amount : 0n)

/** Names what is short, and what would fit, for a program and for a person. */
function noCapacity(wanted: Resources, free: Free) {
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
