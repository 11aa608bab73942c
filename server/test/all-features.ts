import { readConfig } from '../config/read-config.ts'
import type { Database } from '../db/database.ts'
import { serveApi, type TestApi, type TestParts } from '../features/auth/testing.ts'
import { createFeatures, type Features } from '../features/index.ts'
import { createMetrics } from '../http/metrics.ts'
import { createRateLimits } from '../http/rate-limits/rate-limits.ts'
import type { Job } from '../jobs/job.ts'
import { createJobQueue } from '../jobs/queue.ts'
import { createClusters } from '../kube/clusters.ts'
import { createLog } from '../lib/log.ts'

/** The whole API over a real database, with a job queue that keeps what it is given and works nothing. */
export async function serveAllFeatures(database: Database): Promise<TestApi> {
  const log = createLog('silent')
  const jobs = createJobQueue({ database, log })
  const queues: Job[] = []
  const own = new Set(['auth', 'accounts'])
  let refused: Features['onRefusal'] | undefined
  const routesOf = ({ clock, secretBox }: TestParts) => {
    const config = readConfig({})
    const clusters = createClusters()
    const metrics = createMetrics()
    const rateLimits = createRateLimits({ factor: 1, clock, secretBox, metrics })
    const platform = { config, log, clock, database, secretBox, jobs, clusters, metrics, rateLimits }
    const { features, onRefusal } = createFeatures(platform)
    refused = onRefusal
    queues.push(...features.flatMap((feature) => feature.jobs ?? []))
    return features.filter(({ name }) => !own.has(name)).flatMap(({ routes }) => routes ?? [])
  }
  const api = await serveApi(database, routesOf, { jobs, onRefusal: (refusal) => refused?.(refusal) })
  await jobs.prepare(queues)
  return api
}
