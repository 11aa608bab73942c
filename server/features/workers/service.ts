import type { Database, Tx } from '../../db/database.ts'
import type { KubeObject } from '../../kube/object.ts'
import { observeNode } from './node.ts'
import { sumAllocatable, writeNodes, type ClusterAllocatable } from './store.ts'

export type { ClusterAllocatable }
export type WorkerService = ReturnType<typeof createWorkerService>

export function createWorkerService({ database }: { database: Database }) {
  return {
    /** Brings the workers of a cluster in step with its nodes; nodes that are gone become INACTIVE. */
    observeNodes: (
      clusterId: string,
      nodes: readonly KubeObject[],
      foreignRequests: ReadonlyMap<string, { cpuMillicores: number; memoryBytes: number; pods: number }>,
    ): Promise<void> => writeNodes(database, clusterId, nodes.map(observeNode), foreignRequests),

    /** What a cluster's workers can hold, for an order that is being accepted in this transaction. */
    allocatable: (tx: Tx, clusterId: string): Promise<ClusterAllocatable> => sumAllocatable(tx, clusterId),
  }
}
