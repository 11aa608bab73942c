import { unavailable } from '../lib/errors.ts'
import type { KubeClient } from './client.ts'

/** The clusters that this process drives, by the id of their row. */
export type Clusters = {
  /** Throws `unavailable` for a cluster that this process has no access to. */
  client(clusterId: string): KubeClient
  /** Takes a client over, and closes the one that it replaces. */
  register(clusterId: string, client: KubeClient): void
  ids(): string[]
  close(): Promise<void>
}

export function createClusters(): Clusters {
  const clients = new Map<string, KubeClient>()
  return {
    client: (clusterId) => {
      const client = clients.get(clusterId)
      if (!client)
        throw unavailable('CLUSTER_UNKNOWN', 'The cluster of this resource is not connected here at the moment.')
      return client
    },
    register: (clusterId, client) => {
      const replaced = clients.get(clusterId)
      clients.set(clusterId, client)
      if (replaced && replaced !== client) replaced.close()
    },
    ids: () => [...clients.keys()],
    close: async () => {
      for (const client of clients.values()) client.close()
      clients.clear()
    },
  }
}
