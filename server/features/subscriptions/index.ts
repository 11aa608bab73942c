import type { ClusterService } from '../clusters/service.ts'
import type { Feature, Platform } from '../feature.ts'
import { createReconcileJob, createRetentionJob } from './jobs.ts'
import type { OrderDependencies } from './order.ts'
import { endOverdue } from './retention.ts'
import { subscriptionRoutes } from './routes.ts'
import { createSubscriptionRunner } from './runner.ts'
import { createSubscriptionService } from './service.ts'

type Dependencies = Omit<Platform, 'clusters'> & OrderDependencies & { clusters: ClusterService; holder: string }

/** From an order to what runs, and to its end: row → job → pass → cluster → observed → live. */
export function createSubscriptions(dependencies: Dependencies) {
  const { catalog, config, metrics } = dependencies
  const service = createSubscriptionService(dependencies)
  const passes = metrics.histogram({
    name: 'berth_reconcile_pass_seconds',
    help: 'Passes of the subscription reconciler, by how they ended.',
    labels: ['outcome'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.5, 1, 5, 30],
  })
  const missedDrift = metrics.counter({
    name: 'berth_reconcile_missed_drift_total',
    help: 'Objects that a resync found changed although no event had told of it.',
  })
  const runner = createSubscriptionRunner({
    ...dependencies,
    concurrency: config.reconcileConcurrency,
    resyncSeconds: config.resyncSeconds,
    specOf: catalog.specOf,
    onMissedDrift: (objects) => missedDrift.inc(objects),
    onPass: (outcome, milliseconds) => passes.observe({ outcome }, milliseconds / 1_000),
  })
  metrics.gauge({
    name: 'berth_reconcile_queue',
    help: 'Subscriptions in the reconciler of this process, by state.',
    labels: ['state'],
    collect(gauge) {
      for (const [state, count] of Object.entries(runner.queueSize())) gauge.set({ state }, count)
    },
  })
  const feature = {
    name: 'subscriptions',
    routes: subscriptionRoutes(service),
    jobs: [createReconcileJob(runner.run), createRetentionJob(() => endOverdue(dependencies))],
    reconcilers: [runner.reconciler],
    stop: runner.stop,
  } satisfies Feature
  return { service, feature }
}
