import type { Cluster } from '../../db/generated/client.ts'
import type { Database } from '../../db/database.ts'
import type { KubeClient } from '../../kube/client.ts'
import type { Clusters } from '../../kube/clusters.ts'
import type { KubeObject } from '../../kube/object.ts'
import { messageOf } from '../../lib/errors.ts'
import type { Logger } from '../../lib/log.ts'
import type { Reconciler } from '../../reconcile/reconciler.ts'
import { managedBySelector } from '../../workload/manifests/labels.ts'
import { pauseDeadlines, resumeDeadlines } from '../operations/service.ts'
import type { WorkerService } from '../workers/service.ts'
import { findClusters, findInstallationId, markReachable, markUnreachable } from './store.ts'
import type { ObservedObject } from './projection.ts'
import { createClusterView, type ClusterView, type MutableClusterView } from './view.ts'
import { createWatching, type Watching } from './watching.ts'

export type { ClusterView } from './view.ts'
export { apiVersionOf } from './watcher.ts'
export * from './projection.ts'
export type ClusterService = ReturnType<typeof createClusterService>

/** Nodes report often and change little: one write gathers what came within this time. */
const nodesPauseMilliseconds = 500

type Dependencies = {
  database: Database
  clusters: Clusters
  workers: WorkerService
  holder: string
  log: Logger
}

type Listener = {
  onChange(subscriptionId: string, removed?: ObservedObject): void
  /** The cluster is back, or its view is complete: what waited for it comes now. */
  onBack(clusterId: string): void
}

export function createClusterService({ database, clusters, workers, holder, log }: Dependencies) {
  const views = new Map<string, MutableClusterView>()
  const watchings = new Map<string, Watching>()
  const listeners = new Set<Listener>()
  let installation: Promise<string> | undefined
  const installationId = () => (installation ??= findInstallationId(database.prisma))

  const viewOf = (clusterId: string): MutableClusterView => {
    const known = views.get(clusterId)
    if (known) return known
    const view = createClusterView()
    views.set(clusterId, view)
    return view
  }

  const wentAway = async (cluster: Cluster, error: unknown) => {
    if (await markUnreachable(database, cluster.id)) {
      log.warn({ cluster: cluster.name, error: messageOf(error) }, 'ClusterUnreachable: deadlines stop counting')
    }
    await pauseDeadlines(database, cluster.id)
  }
  const cameBack = async (cluster: Cluster) => {
    if (await markReachable(database, cluster.id)) log.info({ cluster: cluster.name }, 'the cluster is reachable again')
    await resumeDeadlines(database, cluster.id)
    for (const listener of listeners) listener.onBack(cluster.id)
  }
  const logged = (what: string, work: Promise<void>) =>
    void work.catch((error: unknown) => log.error({ error: messageOf(error) }, what))

  /** Gathers node changes into one write at a time. */
  const nodeWriter = (cluster: Cluster) => {
    let latest: readonly KubeObject[] | undefined
    let timer: NodeJS.Timeout | undefined
    const write = async () => {
      const nodes = latest
      latest = undefined
      if (nodes) await workers.observeNodes(cluster.id, nodes, viewOf(cluster.id).foreignRequests())
      timer = undefined
      if (latest) schedule()
    }
    const schedule = () => {
      timer ??= setTimeout(() => logged('could not write the workers', write()), nodesPauseMilliseconds).unref()
    }
    return {
      put(nodes: readonly KubeObject[]) {
        latest = nodes
        schedule()
      },
      flush: write,
    }
  }

  const watching = async (cluster: Cluster, client: KubeClient): Promise<Watching> => {
    const writer = nodeWriter(cluster)
    return createWatching({
      database,
      cluster,
      client,
      holder,
      log,
      view: viewOf(cluster.id),
      labelSelector: managedBySelector(await installationId()),
      events: {
        onChange: (subscriptionId, removed) => {
          for (const listener of listeners) listener.onChange(subscriptionId, removed)
        },
        onNodes: (nodes) => writer.put(nodes),
        onSynced: () =>
          logged(
            'could not note that the cluster is watched',
            writer.flush().then(() => cameBack(cluster)),
          ),
        onDown: (error) => logged('could not note that the cluster is away', wentAway(cluster, error)),
        onUp: () => logged('could not note that the cluster is back', cameBack(cluster)),
      },
    })
  }

  const reconciler: Reconciler = {
    name: 'clusters',
    async start() {
      for (const cluster of await findClusters(database.prisma)) {
        if (!clusters.ids().includes(cluster.id)) continue
        const started = await watching(cluster, clusters.client(cluster.id))
        watchings.set(cluster.id, started)
        await started.start()
      }
    },
    async stop() {
      await Promise.all([...watchings.values()].map((started) => started.stop()))
    },
  }

  return {
    reconciler,
    installationId,
    client: (clusterId: string): KubeClient => clusters.client(clusterId),
    view: (clusterId: string): ClusterView => viewOf(clusterId),
    identityProblem: (clusterId: string): string | undefined => watchings.get(clusterId)?.identityProblem(),
    onEvents(listener: Listener): void {
      listeners.add(listener)
    },
  }
}
