import type { Database, Tx } from '../../db/database.ts'
import { newId } from '../../lib/ids.ts'
import { isSchedulable, observedStatus, type NodeObservation } from './node.ts'

/** What the nodes of a cluster can hold and what others than Berth ask of them. */
export type ClusterAllocatable = { cpuMillicores: number; memoryBytes: bigint; workers: number }

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
 * What the ready and schedulable workers of a cluster can hold for Berth: allocatable under the cluster's overcommit
 * policy, less what pods of others ask.
 */
export async function sumAllocatable(tx: Tx, clusterId: string): Promise<ClusterAllocatable> {
  const [row] = await tx.$queryRaw<{ cpu: bigint; memory: bigint; workers: bigint }[]>`
    SELECT coalesce(sum(w.cpu_allocatable_millicores * c.cpu_overcommit_percent / 100 - w.cpu_requested_millicores), 0)::bigint AS cpu,
           coalesce(sum(w.memory_allocatable_bytes * c.memory_overcommit_percent / 100 - w.memory_requested_bytes), 0)::bigint AS memory,
           count(*) AS workers
    FROM workers w JOIN clusters c ON c.id = w.cluster_id
    WHERE w.cluster_id = ${clusterId}::uuid AND w.schedulable AND w.ready`
  return { cpuMillicores: Number(row?.cpu ?? 0), memoryBytes: row?.memory ?? 0n, workers: Number(row?.workers ?? 0) }
}
