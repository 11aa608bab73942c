import type { Feature } from '../feature.ts'
import { createReconcileJob, createRetentionJob } from './jobs.ts'
import { subscriptionRoutes } from './routes.ts'
import type { SubscriptionRunner } from './runner.ts'
import type { SubscriptionService } from './service.ts'

/** From an order to what runs, and to its end: row → job → pass → cluster → observed → live. */
export const subscriptionsFeature = (
  service: SubscriptionService,
  runner: SubscriptionRunner,
  endOverdue: () => Promise<number>,
) =>
  ({
    name: 'subscriptions',
    routes: subscriptionRoutes(service),
    jobs: [createReconcileJob(runner.run), createRetentionJob(endOverdue)],
    reconcilers: [runner.reconciler],
  }) satisfies Feature
