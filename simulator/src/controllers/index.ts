/**
 * Everything that makes a cluster move by itself: scheduler, kubelets, workloads, volumes, garbage collection. Each
 * controller is level-triggered: it is told that something changed, reads what is, and does what is missing.
 */
import { asError } from './shared/errors.ts'
import { isApiError } from '../errors.ts'
import { type Logs } from '../logs.ts'
import { resources } from '../registry/resources.ts'
import { type Controller, type ControllerContext } from '../types.ts'
import { startNamespaceDefaults } from './cluster/accounts.ts'
import { startDisruptionBudgets } from './cluster/disruption.ts'
import { startEndpoints } from './cluster/endpoints.ts'
import { startGarbageCollector } from './cluster/garbage.ts'
import { startNamespaces } from './cluster/namespace.ts'
import { startQuotas } from './cluster/quota.ts'
import { startKubelets } from './kubelet/kubelet.ts'
import { startTaintEviction } from './nodes/eviction.ts'
import { startHeartbeats } from './nodes/heartbeat.ts'
import { startNodeLifecycle } from './nodes/lifecycle.ts'
import { startPodGarbageCollection } from './nodes/pod-gc.ts'
import { startScheduler } from './scheduler/scheduler.ts'
import { createChanges } from './shared/changes.ts'
import { createCluster } from './shared/cluster.ts'
import { type Deps, type Timings } from './shared/deps.ts'
import { createEvents } from './shared/events.ts'
import { createPodIndex } from './shared/pod-index.ts'
import { createQueue } from './shared/queue.ts'
import { startClaims } from './volumes/claims.ts'
import { startClaimProtection } from './volumes/protection.ts'
import { startVolumes } from './volumes/volumes.ts'
import { startDeployments } from './workloads/deployment.ts'
import { startJobs } from './workloads/job.ts'
import { startReplicaSets } from './workloads/replicaset.ts'
import { startStatefulSets } from './workloads/statefulset.ts'

export type ControllerOptions = Partial<Timings> & {
  /** Hears of errors that are no API errors: mistakes in a controller. Its key is retried all the same. */
  onDefect?: (error: unknown) => void
}

const timings: Timings = {
  imagePullMilliseconds: 150,
  containerStartMilliseconds: 100,
  terminationMilliseconds: 100,
  completionMilliseconds: 100,
  heartbeatSeconds: 10,
  monitorGraceSeconds: 40,
}

/** In the order in which they see changes: what keeps indexes comes before who reads them. */
const starts: readonly ((deps: Deps) => void)[] = [
  startNamespaceDefaults,
  startHeartbeats,
  startNodeLifecycle,
  startScheduler,
  startKubelets,
  startTaintEviction,
  startPodGarbageCollection,
  startDeployments,
  startReplicaSets,
  startStatefulSets,
  startJobs,
  startEndpoints,
  startClaims,
  startVolumes,
  startClaimProtection,
  startQuotas,
  startDisruptionBudgets,
  startNamespaces,
  startGarbageCollector,
]

/** All controllers of a cluster. `start` takes up what is stored, `stop` leaves it as it is. */
export function createControllers(
  context: ControllerContext & { logs?: Logs },
  options: ControllerOptions = {},
): Controller {
  const { onDefect = (error) => process.emitWarning(asError(error)), ...given } = options
  let stops: (() => void)[] = []

  function start(): void {
    const { api, clock, faults, logs } = context
    const cluster = createCluster(api)
    const changes = createChanges(
      api,
      resources.map((resource) => resource.key),
    )
    const pods = createPodIndex(changes)
    const events = createEvents(cluster, changes, clock)
    stops = [changes.stop, events.stop]
    const deps: Deps = {
      cluster,
      changes,
      clock,
      faults,
      events,
      pods,
      logs,
      timings: { ...timings, ...given },
      queue(reconcile) {
        const failed = (_key: string, error: unknown): void => {
          if (!isApiError(error)) onDefect(error)
        }
        const queue = createQueue(clock, reconcile, failed)
        stops.push(queue.stop)
        return queue
      },
      onStop: (run) => void stops.push(run),
    }
    for (const each of starts) each(deps)
    changes.start()
  }

  return {
    start,
    stop() {
      for (const stop of stops) stop()
      stops = []
    },
  }
}
