import type { Database, Tx } from '../../db/database.ts'
import type { KubeObject } from '../../kube/object.ts'
import { observeNode } from './node.ts'
import { sumFree, writeNodes, type FreeResources } from './store.ts'

export type { FreeResources }
export type WorkerService = ReturnType<typeof createWorkerService>

export function createWorkerService({ database }: { database: Database }) {
  return {
    /** Brings the workers of a cluster in step with its nodes; nodes that are gone become INACTIVE. */
    observeNodes: (
      clusterId: string,
      nodes: readonly KubeObject[],
      foreignRequests: ReadonlyMap<string, { cpuMillicores: number; memoryBytes: number; pods: number }>,
    ): Promise<void> => writeNodes(database, clusterId, nodes.map(observeNode), foreignRequests),

    /** What a cluster can still be sold, for an order that is being accepted in this transaction. */
    async free(tx: Tx, clusterId: string): Promise<FreeResources> {
      return (await sumFree(tx, clusterId)) ?? unknownCluster(clusterId)
    },

    /** The same of the cluster that the next order goes to, for who only looks; undefined where there is none. */
    async freeForOrders(): Promise<FreeResources | undefined> {
      const cluster = await database.prisma.cluster.findFirst({ orderBy: { createdAt: 'asc' }, select: { id: true } })
      return cluster ? sumFree(database.prisma, cluster.id) : undefined
    },
  }
}

const unknownCluster = (clusterId: string): never => {
  throw new Error(`the cluster ${clusterId} has no row`)
}
