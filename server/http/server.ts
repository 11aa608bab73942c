import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { problemMediaType, problemSlug, titleOf } from './problems.ts'
import { status } from './status.ts'

export type HttpServer = {
  port: number
  /**
   * Takes no new connection, ends open streams, lets running requests end, and cuts those that last longer than
   * `graceSeconds`. Settles when the last connection is closed.
   */
  stop(graceSeconds: number): Promise<void>
}
type Listen = {
  app: RequestListener
  host: string
  port: number
  shutdown: AbortController
  problemBase: string
  /** How long a client may take to send its headers. */
  headersMilliseconds?: number
}

/** Longer than the idle timeout that load balancers commonly have, so that the side that opens also closes. */
const keepAliveMilliseconds = 65_000

/** Listens; `port` 0 takes a free one. Rejects where the address is taken. */
export async function listen({
  app,
  host,
  port,
  shutdown,
  problemBase,
  headersMilliseconds = 60_000,
}: Listen): Promise<HttpServer> {
  const times = { headersTimeout: headersMilliseconds, connectionsCheckingInterval: headersMilliseconds / 2 }
  const server = createServer({ keepAliveTimeout: keepAliveMilliseconds, ...times }, app)
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuse(error, socket, problemBase))
  const unused = connectionsWithoutRequest(server)
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  return { port: address.port, stop: (graceSeconds) => stop(server, unused, shutdown, graceSeconds) }
}

/** Clients open connections ahead of need; Node counts one that has not been used yet among the busy. */
function connectionsWithoutRequest(server: Server): ReadonlySet<Socket> {
  const unused = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    unused.add(socket)
    socket.once('close', () => unused.delete(socket))
  })
  server.on('request', ({ socket }) => void unused.delete(socket))
  return unused
}

async function stop(
  server: Server,
  unused: ReadonlySet<Socket>,
  shutdown: AbortController,
  graceSeconds: number,
): Promise<void> {
  const closed = once(server, 'close')
  shutdown.abort()
  server.close()
  server.closeIdleConnections()
  for (const socket of unused) socket.destroy()
  const cut = setTimeout(() => server.closeAllConnections(), graceSeconds * 1000)
  await closed
  clearTimeout(cut)
}

type Refusal = { code: number; reason: string; problem: string; detail: string }

/** By the code of Node's error; anything else is no HTTP. */
const refusals: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: {
    code: 431,
    reason: 'Request Header Fields Too Large',
    problem: 'HEADERS_TOO_LARGE',
    detail: 'The address and headers are too long.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    code: 408,
    reason: 'Request Timeout',
    problem: 'REQUEST_TIMEOUT',
    detail: 'The request did not arrive in time.',
  },
}
const malformed: Refusal = {
  code: status.badRequest,
  reason: 'Bad Request',
  problem: 'MALFORMED_REQUEST',
  detail: 'This is not a well-formed HTTP request.',
}

/** What is no HTTP, has headers beyond all measure or comes too slowly never becomes a request: it is answered here. */
function refuse(error: NodeJS.ErrnoException, socket: Socket, problemBase: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const { code, reason, problem, detail } = refusals[error.code ?? ''] ?? malformed
  const body = JSON.stringify({
    type: `${problemBase}/${problemSlug(problem)}`,
    title: titleOf(problem),
    status: code,
    detail,
    code: problem,
  })
  const head = [
    `HTTP/1.1 ${code} ${reason}`,
    `Content-Type: ${problemMediaType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
