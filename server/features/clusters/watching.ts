import type { Cluster } from '../../db/generated/client.ts'
import type { Database } from '../../db/database.ts'
import type { KubeClient } from '../../kube/client.ts'
import { isKubeError } from '../../kube/errors.ts'
import { messageOf } from '../../lib/errors.ts'
import type { Logger } from '../../lib/log.ts'
import { acquireLease } from '../../reconcile/leases.ts'
import { keepIdentity } from './store.ts'
import { watchCluster, type ClusterWatcher, type WatcherEvents } from './watcher.ts'
import type { MutableClusterView } from './view.ts'

/**
 * One process watches a cluster at a time: the one that holds its lease. The others ask again and again, so that the
 * watch goes on elsewhere at most one lease after its process died.
 */
export const watchLeaseMilliseconds = 15_000
const renewMilliseconds = 5_000
/** How often one that does not watch asks whether it may. */
export const watchRetryMilliseconds = 1_000

export type Watching = {
  start(): Promise<void>
  stop(): Promise<void>
  /** A sentence where the credentials lead to another cluster than the stored one. */
  identityProblem(): string | undefined
}

type Dependencies = {
  database: Database
  cluster: Cluster
  client: KubeClient
  view: MutableClusterView
  holder: string
  labelSelector: string
  events: WatcherEvents
  log: Logger
}

export function createWatching({
  database,
  cluster,
  client,
  view,
  holder,
  labelSelector,
  events,
  log,
}: Dependencies): Watching {
  const key = `watch:${cluster.id}`
  let watcher: ClusterWatcher | undefined
  let problem: string | undefined
  let timer: NodeJS.Timeout | undefined
  let turn: Promise<void> = Promise.resolve()
  let stopped = false

  const give = (reason: string) => {
    if (!watcher) return
    log.warn({ cluster: cluster.name, reason }, 'stopped watching the cluster')
    watcher.stop()
    watcher = undefined
  }

  const checkIdentity = async () => {
    const seen = await client.identity()
    const stored = await keepIdentity(database, cluster.id, seen)
    problem =
      stored === seen
        ? undefined
        : `The credentials lead to the cluster ${seen}, and the data of "${cluster.name}" is in ${stored}. Nothing is changed until they lead there again.`
    if (problem !== undefined) log.error({ cluster: cluster.name, stored, seen }, 'ClusterIdentityChanged')
  }

  const takeTurn = async () => {
    const lease = await acquireLease(database, key, holder, watchLeaseMilliseconds)
    if (!lease) return give('another process holds its lease')
    if (watcher) return
    await checkIdentity()
    if (problem === undefined && !stopped) watcher = watchCluster(client, view, labelSelector, events, log)
  }

  const schedule = () => {
    turn = takeTurn().catch((error: unknown) => {
      if (!isKubeError(error))
        return log.warn({ cluster: cluster.name, error: messageOf(error) }, 'could not take the watch')
      if (!watcher) events.onDown(error)
      return undefined
    })
    void turn.then(() => {
      if (!stopped) timer = setTimeout(schedule, watcher ? renewMilliseconds : watchRetryMilliseconds)
    })
  }

  return {
    async start() {
      schedule()
      await turn
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      await turn
      watcher?.stop()
      watcher = undefined
    },
    identityProblem: () => problem,
  }
}
