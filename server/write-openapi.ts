import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { readConfig } from './config/read-config.ts'
import { openDatabase } from './db/database.ts'
import { createFeatures } from './features/index.ts'
import { allRoutes } from './http/app.ts'
import { createMetrics } from './http/metrics.ts'
import { createOpenApi, type OpenApiDocument } from './http/openapi.ts'
import { createRateLimits } from './http/rate-limits/rate-limits.ts'
import type { Route } from './http/route.ts'
import { createJobQueue } from './jobs/queue.ts'
import { createClusters } from './kube/clusters.ts'
import { createClock } from './lib/clock.ts'
import { createLog } from './lib/log.ts'
import { createSecretBox } from './lib/secret-box.ts'

/**
 * The routes of all features, made of parts that nobody opened: to define a route needs no database, and neither does
 * the document.
 */
export function routesUnopened(): Route[] {
  const log = createLog('silent')
  const metrics = createMetrics()
  const database = openDatabase({ url: 'postgres://unused.invalid/unused', log })
  const [clock, secretBox] = [createClock(), createSecretBox([{ id: 'unused', key: randomBytes(32) }])]
  const { features } = createFeatures({
    config: readConfig({}),
    log,
    clock,
    database,
    secretBox,
    jobs: createJobQueue({ database, log }),
    clusters: createClusters(),
    metrics,
    rateLimits: createRateLimits({ factor: 1, clock, secretBox, metrics }),
  })
  const shutdown = new AbortController().signal
  return allRoutes({
    routes: features.flatMap(({ routes }) => routes ?? []),
    metrics,
    readiness: async () => [],
    shutdown,
  })
}

export const openApiUnopened = (): OpenApiDocument => createOpenApi(routesUnopened())

if (import.meta.main) {
  await writeFile(new URL('../openapi.json', import.meta.url), `${JSON.stringify(openApiUnopened(), null, 2)}\n`)
}
