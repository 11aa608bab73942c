import { createLog } from '../lib/log.ts'
import { keepLog, keepSecrets } from '../test/log-watch.ts'
import { allRoutes, createApp, problemBaseOf, type AppOptions } from './app.ts'
import { createMetrics } from './metrics.ts'
import type { Route } from './route.ts'
import { listen } from './server.ts'

/** A listening server over some routes, for tests: real sockets, a free port, nothing pretended. */
export type TestServer = {
  url: string
  shutdown: AbortController
  /** Every route that is served, the system's own among them. */
  routes: readonly Route[]
  /** What was logged, parsed. */
  logged: Record<string, unknown>[]
  send(method: string, path: string, options?: SendOptions): Promise<Answer>
  stop(): Promise<void>
}
type SendOptions = {
  body?: unknown
  /** Sent as it stands. */
  raw?: string
  headers?: Record<string, string>
  token?: string
}
type Answer = { status: number; headers: Headers; text: string; body: unknown }

export const testConfig = {
  publicUrl: 'http://berth.test',
  trustProxy: false,
  registrations: 'open',
  emailVerification: 'optional',
  adminTwoFactor: 'optional',
} as const

type Needed = Pick<AppOptions, 'authentication' | 'idempotency'> & Partial<AppOptions>

export async function serveRoutes(routes: readonly Route[], needed: Needed): Promise<TestServer> {
  const shutdown = new AbortController()
  const logged: Record<string, unknown>[] = []
  const options = {
    log: createLog('debug', {
      write(line) {
        keepLog(line)
        logged.push(JSON.parse(line) as Record<string, unknown>)
      },
    }),
    metrics: createMetrics(),
    readiness: async () => [],
    config: testConfig,
    shutdown: shutdown.signal,
    ...needed,
    routes,
  }
  const app = createApp(options)
  const server = await listen({ app, host: '127.0.0.1', port: 0, shutdown, problemBase: problemBaseOf(testConfig) })
  const url = `http://127.0.0.1:${server.port}`
  return {
    url,
    shutdown,
    logged,
    routes: allRoutes(options),
    send: (...request) => send(url, ...request),
    stop: () => server.stop(1),
  }
}

async function send(
  url: string,
  method: string,
  path: string,
  { body, raw, headers, token }: SendOptions = {},
): Promise<Answer> {
  keepSecrets(body)
  const content = raw ?? (body === undefined ? undefined : JSON.stringify(body))
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(content !== undefined && { 'Content-Type': 'application/json' }),
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(content !== undefined && { body: content }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.match(/[/+]json\b/) != null
  const answer: unknown = isJson ? JSON.parse(text) : undefined
  keepSecrets(answer)
  return { status: response.status, headers: response.headers, text, body: answer }
}
