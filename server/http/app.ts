import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import type { Config } from '../config/types.ts'
import type { Logger } from '../lib/log.ts'
import { isFailure, type ErrorKind } from '../lib/errors.ts'
import { accessLog } from './access-log.ts'
import type { Authentication } from './authentication.ts'
import { mountBrowserPages, type BrowserPage } from './browser-pages.ts'
import { handlersOf, type DispatchDependencies } from './dispatch.ts'
import { mountDocs } from './docs.ts'
import { exchangeOf } from './exchange.ts'
import type { Idempotency } from './idempotency.ts'
import type { Metrics } from './metrics.ts'
import { mountProblemPages } from './problem-pages.ts'
import { routeNotFound, toFailure, wrongMethod } from './problems.ts'
import { sendProblem } from './reply.ts'
import type { RateLimits } from './rate-limits/rate-limits.ts'
import { fullPath, type Route } from './route.ts'
import { securityHeaders } from './security-headers.ts'
import { openApiRoute, systemRoutes, type Readiness } from './system-routes.ts'

export type AppOptions = {
  /** The features' routes; the system's own (health, metrics, openapi.json) are added here. */
  routes: readonly Route[]
  pages?: readonly BrowserPage[]
  log: Logger
  metrics: Metrics
  authentication: Authentication
  idempotency: Idempotency
  /** Absent: nobody is limited. */
  rateLimits?: RateLimits | undefined
  onRefusal?: DispatchDependencies['onRefusal'] | undefined
  readiness: Readiness
  config: Pick<Config, 'publicUrl' | 'trustProxy'>
  /** Aborted when the server stops: open streams end then. */
  shutdown: AbortSignal
  /** How often an open stream asks whether its reader still may. */
  streamPermissionSeconds?: number
}

const defaultStreamPermissionSeconds = 5

/** Builds the app; listens to nothing. Throws where a route's definition contradicts itself. */
export function createApp(options: AppOptions): Express {
  const { log, metrics, config, shutdown } = options
  const routes = allRoutes(options)
  const app = express()
  app.disable('x-powered-by')
  // Tags are made from versions, never from bytes.
  app.set('etag', false)
  app.set('query parser', 'simple')
  app.set('trust proxy', config.trustProxy)
  app.use(accessLog(log, metrics), fixedHeaders(config, shutdown))
  for (const route of [...routes].sort(literalFirst))
    app[route.method](fullPath(route), ...handlersOf(route, dependenciesOf(options)))
  mountBrowserPages(app, options.pages ?? [])
  mountDocs(app)
  mountProblemPages(app)
  refuseOtherMethods(app, routes)
  app.use((request) => {
    throw routeNotFound(request.path)
  })
  app.use(answerFailures(log, problemBaseOf(config)))
  return app
}

/** Every route that an app made of these options serves: what the document and the authorization test iterate over. */
export function allRoutes({
  routes,
  metrics,
  readiness,
  shutdown,
}: Pick<AppOptions, 'routes' | 'metrics' | 'readiness' | 'shutdown'>): Route[] {
  const served = [...routes, ...systemRoutes({ metrics, readiness, shutdown })]
  return [...served, openApiRoute(served)]
}

const dependenciesOf = (options: AppOptions) => ({
  authentication: options.authentication,
  idempotency: options.idempotency,
  rateLimits: options.rateLimits,
  onRefusal: options.onRefusal,
  shutdown: options.shutdown,
  streamPermissionSeconds: options.streamPermissionSeconds ?? defaultStreamPermissionSeconds,
})

/** The type of every problem begins with this. */
export const problemBaseOf = ({ publicUrl }: Pick<Config, 'publicUrl'>): string => `${publicUrl}/problems`

/** `/things/stats` before `/things/:thingId`, in whatever order features list them. */
function literalFirst(a: Route, b: Route): number {
  const [left, right] = [fullPath(a).split('/'), fullPath(b).split('/')]
  for (const [index, part] of left.entries()) {
    const other = right[index] ?? ''
    const difference = Number(part.startsWith(':')) - Number(other.startsWith(':'))
    if (difference !== 0) return difference
    if (part !== other) return part < other ? -1 : 1
  }
  return left.length - right.length
}

function fixedHeaders({ publicUrl }: Pick<Config, 'publicUrl'>, shutdown: AbortSignal): RequestHandler {
  const headers = securityHeaders({ https: publicUrl.startsWith('https:') })
  return (_request, response, next) => {
    response.setHeaders(headers)
    // A server that stops takes no further request on this connection.
    if (shutdown.aborted) response.setHeader('Connection', 'close')
    next()
  }
}

function refuseOtherMethods(app: Express, routes: readonly Route[]): void {
  const methodsOf = Map.groupBy(routes, fullPath)
  for (const [path, [...sharing]] of methodsOf) {
    const own = sharing.map(({ method }) => method.toUpperCase())
    const allow = [...own, ...(own.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort()
    app.all(path, (request, response) => {
      exchangeOf(request).pattern = path
      if (request.method !== 'OPTIONS') throw wrongMethod(request.method, allow)
      response.status(204).setHeader('Allow', allow.join(', ')).end()
    })
  }
}

/** A defect, and a part of ours that is away, are for the operator; all else is the caller's. */
const levelOfFailure: Partial<Record<ErrorKind, 'error' | 'warn'>> = { internal: 'error', unavailable: 'warn' }

/** The last stop of everything thrown. Express knows an error handler by its four parameters. */
function answerFailures(log: Logger, problemBase: string): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const { requestId, pattern } = exchangeOf(request)
    const failure = toFailure(error)
    if (failure.kind === 'internal' || !isFailure(error)) {
      log[levelOfFailure[failure.kind] ?? 'debug'](
        { requestId, route: pattern, err: failure.cause ?? error },
        'request failed',
      )
    }
    sendProblem(response, failure, problemBase)
  }
}
