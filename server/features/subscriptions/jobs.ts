import type { Job } from '../../jobs/job.ts'

/** The name of the job that wakes the reconciler for one subscription: enqueued with every change of a row. */
export const reconcileJob = 'subscription.reconcile'

/**
 * A job is the durable form of a wake: it runs the same pass that a watch event does, and comes again until the pass
 * held. What it finds is in the row; the job itself carries the key alone.
 */
export const createReconcileJob = (
  run: (subscriptionId: string) => Promise<void>,
): Job<{ subscriptionId: string }> => ({
  name: reconcileJob,
  run: ({ subscriptionId }) => run(subscriptionId),
  retryLimit: 20,
  retryDelaySeconds: 1,
  concurrency: 16,
  batchSize: 1,
})

/** Ends what nobody reactivated in time. Due times are rows: a missed minute is caught up by the next one. */
export const createRetentionJob = (endOverdue: () => Promise<number>): Job => ({
  name: 'subscription.retention',
  schedule: '* * * * *',
  async run(_data, { log }) {
    const ended = await endOverdue()
    if (ended > 0) log.info({ subscriptions: ended }, 'the retention of canceled subscriptions is over')
  },
})
