import type { Database, Db, Tx } from '../../db/database.ts'
import { newId } from '../../lib/ids.ts'
import { isSchedulable, observedStatus, type NodeObservation } from './node.ts'

/** What a cluster can still be sold. Storage is null where nobody set how much there is: then it is not counted. */
export type FreeResources = { cpuMillicores: number; memoryBytes: bigint; storageBytes: bigint | null }

/** Writes what was observed of all nodes of a cluster in two statements, however many nodes there are. */
export async function writeNodes(
  database: Database,
  clusterId: string,
  observations: readonly NodeObservation[],
  requested: ReadonlyMap<string, { cpuMillicores: number; memoryBytes: number; pods: number }>,
): Promise<void> {
  await database.transaction(async (tx) => {
    const known = await tx.worker.findMany({ where: { clusterId }, select: { name: true, status: true } })
    const statusByName = new Map(known.map(({ name, status }) => [name, status]))
    const rows = observations.map((observation) => {
      const status = observedStatus(statusByName.get(observation.name), observation.ready)
      const asked = requested.get(observation.name) ?? { cpuMillicores: 0, memoryBytes: 0, pods: 0 }
      return {
        ...observation,
        id: newId(),
        status,
        schedulable: isSchedulable(status, observation),
        cpuRequestedMillicores: asked.cpuMillicores,
        memoryRequestedBytes: asked.memoryBytes,
        podCount: asked.pods,
      }
    })
    await tx.$executeRawUnsafe(upsertWorkers, clusterId, JSON.stringify(rows))
    // A node that is gone from the cluster is out of service: its row and its history stay.
    await tx.worker.updateMany({
      where: { clusterId, name: { notIn: rows.map(({ name }) => name) }, status: { in: ['ACTIVE', 'NOT_READY'] } },
      data: {
        status: 'INACTIVE',
        statusReason: 'The node is gone from the cluster.',
        ready: false,
        schedulable: false,
      },
    })
  })
}

const observedColumns = `
  external_id, hostname, internal_ip, external_ip, architecture, operating_system, os_image, kernel_version,
  kubelet_version, container_runtime, cpu_capacity_millicores, cpu_allocatable_millicores, memory_capacity_bytes,
  memory_allocatable_bytes, ephemeral_storage_capacity_bytes, ephemeral_storage_allocatable_bytes, pods_capacity,
  pods_allocatable, labels, annotations, taints, conditions, roles, zone, region, boot_id, ready, schedulable, status,
  status_reason, last_heartbeat_at, cpu_requested_millicores, memory_requested_bytes, pod_count`
  .split(',')
  .map((column) => column.trim())

const upsertWorkers = `
  INSERT INTO workers (id, cluster_id, name, joined_at, updated_at, ${observedColumns.join(', ')})
  SELECT n.id, $1::uuid, n.name, now(), now(),
    n."externalId", n.hostname, n."internalIp", n."externalIp", n.architecture, n."operatingSystem", n."osImage",
    n."kernelVersion", n."kubeletVersion", n."containerRuntime", n."cpuCapacityMillicores",
    n."cpuAllocatableMillicores", n."memoryCapacityBytes", n."memoryAllocatableBytes",
    n."ephemeralStorageCapacityBytes", n."ephemeralStorageAllocatableBytes", n."podsCapacity", n."podsAllocatable",
    n.labels, n.annotations, n.taints, n.conditions,
    ARRAY(SELECT jsonb_array_elements_text(n.roles)), n.zone, n.region, n."bootId", n.ready, n.schedulable,
    n.status::worker_status, n."statusReason", n."lastHeartbeatAt", n."cpuRequestedMillicores",
    n."memoryRequestedBytes", n."podCount"
  FROM jsonb_to_recordset($2::jsonb) AS n(
    id uuid, name text, "externalId" text, hostname text, "internalIp" text, "externalIp" text, architecture text,
    "operatingSystem" text, "osImage" text, "kernelVersion" text, "kubeletVersion" text, "containerRuntime" text,
    "cpuCapacityMillicores" int, "cpuAllocatableMillicores" int, "memoryCapacityBytes" bigint,
    "memoryAllocatableBytes" bigint, "ephemeralStorageCapacityBytes" bigint,
    "ephemeralStorageAllocatableBytes" bigint, "podsCapacity" int, "podsAllocatable" int, labels jsonb,
    annotations jsonb, taints jsonb, conditions jsonb, roles jsonb, zone text, region text, "bootId" text,
    ready boolean, schedulable boolean, status text, "statusReason" text, "lastHeartbeatAt" timestamptz,
    "cpuRequestedMillicores" int, "memoryRequestedBytes" bigint, "podCount" int)
  ON CONFLICT (cluster_id, name) DO UPDATE SET updated_at = now(),
    ${observedColumns.map((column) => `${column} = EXCLUDED.${column}`).join(', ')}`

/**
 * What the ready and schedulable workers of a cluster can hold for Berth (allocatable under the cluster's overcommit
 * policy, less what pods of others ask), less what is promised already. Sums: that it fits onto one node is not said.
 * Undefined where there is no such cluster.
 */
export async function sumFree(db: Db | Tx, clusterId: string): Promise<FreeResources | undefined> {
  const [row] = await db.$queryRaw<{ cpu: bigint; memory: bigint; storage: bigint | null }[]>`
    SELECT greatest(0, coalesce(held.cpu, 0) - coalesce(sold.cpu, 0))::bigint AS cpu,
           greatest(0, coalesce(held.memory, 0) - coalesce(sold.memory, 0))::bigint AS memory,
           CASE WHEN c.storage_bytes IS NOT NULL
                THEN greatest(0, c.storage_bytes - coalesce(sold.storage, 0))::bigint END AS storage
    FROM clusters c
    CROSS JOIN LATERAL (
      SELECT sum(w.cpu_allocatable_millicores * c.cpu_overcommit_percent / 100 - w.cpu_requested_millicores) AS cpu,
             sum(w.memory_allocatable_bytes * c.memory_overcommit_percent / 100 - w.memory_requested_bytes) AS memory
      FROM workers w WHERE w.cluster_id = c.id AND w.schedulable AND w.ready) held
    CROSS JOIN LATERAL (
      SELECT sum(r.cpu_millicores) AS cpu, sum(r.memory_bytes) AS memory, sum(r.storage_bytes) AS storage
      FROM reservations r WHERE r.cluster_id = c.id AND r.released_at IS NULL) sold
    WHERE c.id = ${clusterId}::uuid`
  return row && { cpuMillicores: Number(row.cpu), memoryBytes: row.memory, storageBytes: row.storage }
}
