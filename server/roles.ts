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
  const all = features.flatMap((feature) => feature.jobs ?? [])
  closing.add('jobs', () => jobs.stop())
  if (roles.includes('worker')) await jobs.start(all)
  else await jobs.prepare(all)
  if (!roles.includes('reconciler')) return
  for (const reconciler of features.flatMap((feature) => feature.reconcilers ?? [])) {
    closing.add(`reconciler ${reconciler.name}`, () => reconciler.stop())
    await reconciler.start()
  }
}
