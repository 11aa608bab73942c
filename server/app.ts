import type { Express } from 'express'
import type { Features } from './features/index.ts'
import type { Platform } from './features/feature.ts'
import { createApp } from './http/app.ts'
import type { Readiness } from './http/system-routes.ts'

export { createFeatures } from './features/index.ts'

type Dependencies = { platform: Platform; features: Features; readiness: Readiness; shutdown: AbortSignal }

/** What was opened → the Express app of all features. Tests build this one. */
export const createBerthApp = ({ platform, features, readiness, shutdown }: Dependencies): Express =>
  createApp({
    routes: features.features.flatMap(({ routes }) => routes ?? []),
    pages: features.features.flatMap(({ pages }) => pages ?? []),
    log: platform.log,
    metrics: platform.metrics,
    authentication: features.authentication,
    idempotency: features.idempotency,
    rateLimits: platform.config.rateLimits === 0 ? undefined : platform.rateLimits,
    onRefusal: features.onRefusal,
    readiness,
    config: platform.config,
    shutdown,
  })
