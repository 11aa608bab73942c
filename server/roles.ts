import type { Role } from './config/types.ts'
import type { Feature } from './features/feature.ts'
import type { JobQueue } from './jobs/job.ts'
import type { Closing } from './start/closing.ts'

type Deps = { roles: readonly Role[]; features: readonly Feature[]; jobs: JobQueue; closing: Closing }

/**
 * Starts what the worker and reconciler roles do. The jobs' queues are made in every process, since every role may put
 * something into them. What is started is handed to `closing`, to be stopped in reverse order.
 */
export async function startRoles({ roles, features, jobs, closing }: Deps): Promise<void> {
  for (const feature of features) closing.add(`feature ${feature.name}`, () => feature.stop?.())
  const all = features.flatMap((feature) => feature.jobs ?? [])
  closing.add('jobs', () => jobs.stop())
  await Promise.all([
    roles.includes('worker') ? jobs.start(all) : jobs.prepare(all),
    roles.includes('reconciler') && startReconcilers(features, closing),
  ])
}

async function startReconcilers(features: readonly Feature[], closing: Closing): Promise<void> {
  for (const reconciler of features.flatMap((feature) => feature.reconcilers ?? [])) {
    closing.add(`reconciler ${reconciler.name}`, () => reconciler.stop())
    await reconciler.start()
  }
}
