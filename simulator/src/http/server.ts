/** The HTTP server: who asks, then faults, then fixed documents, then resources. */
import { randomUUID } from 'node:crypto'
import {
  createServer as createPlainServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { internal, isApiError, noSuchPath, tooManyRequests, unavailable } from '../errors.ts'
import { matchesRequest } from '../faults.ts'
import { isObject } from '../json.ts'
import { type Clock, type Faults } from '../types.ts'
import { type Authenticate } from './authentication.ts'
import { type Certificate } from './certificate.ts'
import { type ControlContext, serveControl } from './control.ts'
import { groupDocument } from './discovery.ts'
import { serveDocument } from './documents.ts'
import { type Exchange, sendStatus } from './exchange.ts'
import { parseResourcePath } from './path.ts'
import { type ServeResource } from './resource.ts'

export type ServerContext = ControlContext & {
  serveResource: ServeResource
  authenticate: Authenticate
  /** HTTPS with it, plain HTTP without. */
  certificate?: Certificate
}

/** Waits as `latency` faults say, and throws the error that an `error` fault chooses, counting it down. */
function createFaultGate(faults: Faults, clock: Clock): (method: string, path: string) => Promise<void> | undefined {
  const used = new Map<string, number>()

  function refuse(status: number): Error {
    if (status === 429) return tooManyRequests('too many requests: fault injected', 1)
    if (status === 503 || status === 504)
      return unavailable(status, 'the server is currently unable to handle the request')
    return internal('fault injected')
  }

  async function pass(method: string, path: string): Promise<void> {
    for (const { milliseconds, match } of faults.active('latency')) {
      if (!matchesRequest(match, method, path)) continue
      await new Promise<void>((resolve) => clock.after(milliseconds, resolve))
    }
    for (const { id, fault } of faults.list()) {
      if (fault.kind !== 'error' || !matchesRequest(fault.match, method, path)) continue
      if (fault.count !== undefined) {
        const count = (used.get(id) ?? 0) + 1
        used.set(id, count)
        if (count >= fault.count) faults.remove(id)
      }
      throw refuse(fault.status)
    }
  }

  return (method, path) => (faults.list().length === 0 ? undefined : pass(method, path))
}

/** Whether a path leads into a group that there is; what is not there is told as a `Status` only below those. */
function isGroupOfOurs(path: string): boolean {
  const [, root, group] = path.split('/')
  return root === 'api' || (root === 'apis' && (group === undefined || groupDocument(group) !== undefined))
}

/** The server, not yet listening. */
export function createHttpServer(context: ServerContext): Server {
  const { faults, clock, counters, serveResource, authenticate, certificate } = context
  const gate = createFaultGate(faults, clock)

  async function answer(exchange: Exchange): Promise<void> {
    const { method, path, request } = exchange
    authenticate(exchange)
    if (path.startsWith('/simulator/')) return serveControl(exchange, context)
    counters.requests++
    const waiting = gate(method, path)
    if (waiting) await waiting
    if (faults.active('unreachable').length) {
      request.socket.destroy()
      return
    }
    const resource = parseResourcePath(path)
    if (resource) return serveResource(exchange, resource)
    if (await serveDocument(exchange)) return
    if (isGroupOfOurs(path)) throw noSuchPath()
    exchange.response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' })
    exchange.response.end('404 page not found\n')
  }

  function receive(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? '/'
    const mark = url.indexOf('?')
    const exchange: Exchange = {
      request,
      response,
      method: request.method ?? 'GET',
      path: mark < 0 ? url : url.slice(0, mark),
      query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
    }
    response.setHeader('cache-control', 'no-cache, private')
    response.setHeader('audit-id', randomUUID())
    if (faults.active('unreachable').length && !exchange.path.startsWith('/simulator/')) {
      request.socket.destroy()
      return
    }
    answer(exchange).catch((error: unknown) => fail(exchange, error))
  }

  const options: ServerOptions = { keepAlive: true, keepAliveTimeout: 90_000, requestTimeout: 0 }
  const server = certificate
    ? createSecureServer({ ...options, ...certificate }, receive)
    : createPlainServer(options, receive)
  faults.onChange(() => {
    // Not at once: the answer to whoever asked for this fault is still to be sent.
    if (faults.active('unreachable').length) clock.soon(() => server.closeAllConnections())
  })
  return server
}

function fail(exchange: Exchange, error: unknown): void {
  if (exchange.response.headersSent) {
    exchange.response.destroy()
    return
  }
  exchange.request.resume()
  if (isApiError(error)) sendStatus(exchange, error.status)
  else {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
    process.stderr.write(`${exchange.method} ${exchange.path}: ${why}\n`)
    sendStatus(exchange, internal(isObject(error) ? 'unexpected error' : (why.split('\n')[0] ?? why)).status)
  }
}
