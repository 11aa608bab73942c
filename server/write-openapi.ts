import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { readConfig } from './config/read-config.ts'
import { openDatabase } from './db/database.ts'
import { createAccounts } from './features/accounts/service.ts'
import { accountsFeature } from './features/accounts/index.ts'
import { createAuthFeature } from './features/auth/index.ts'
import { allRoutes } from './http/app.ts'
import { createIdempotency } from './http/idempotency.ts'
import { createMetrics } from './http/metrics.ts'
import { createOpenApi, type OpenApiDocument } from './http/openapi.ts'
import type { Route } from './http/route.ts'
import { createClock } from './lib/clock.ts'
import { createLog } from './lib/log.ts'
import { createSecretBox } from './lib/secret-box.ts'

/**
 * The routes of all features, made of parts that nobody opened: to define a route needs no database, and neither does
 * the document.
 */
export function routesUnopened(): Route[] {
  const config = readConfig({})
  const log = createLog('silent')
  const clock = createClock()
  const secretBox = createSecretBox([{ id: 'unused', key: randomBytes(32) }])
  const database = openDatabase({ url: 'postgres://unused.invalid/unused', log })
  const idempotency = createIdempotency({ database, secretBox, clock })
  const accounts = createAccounts({ database, clock })
  const auth = createAuthFeature({ database, secretBox, clock, config, accounts, idempotency })
  const features = [auth.feature, accountsFeature(accounts)]
  return allRoutes({
    routes: features.flatMap((feature) => feature.routes),
    metrics: createMetrics(),
    readiness: async () => [],
    shutdown: new AbortController().signal,
  })
}

export const openApiUnopened = (): OpenApiDocument => createOpenApi(routesUnopened())

if (import.meta.main) {
  await writeFile(new URL('../openapi.json', import.meta.url), `${JSON.stringify(openApiUnopened(), null, 2)}\n`)
}
