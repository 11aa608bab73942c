import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { problemMediaType } from './problems.ts'
import { status } from './status.ts'

export type HttpServer = {
  port: number
  /**
   * Takes no new connection, ends open streams, lets running requests end, and cuts those that last longer than
   * `graceSeconds`. Settles when the last connection is closed.
   */
  stop(graceSeconds: number): Promise<void>
}
type Listen = { app: RequestListener; host: string; port: number; shutdown: AbortController; problemBase: string }

/** Longer than the idle timeout that load balancers commonly have, so that the side that opens also closes. */
const keepAliveMilliseconds = 65_000

/** Listens; `port` 0 takes a free one. Rejects where the address is taken. */
export async function listen({ app, host, port, shutdown, problemBase }: Listen): Promise<HttpServer> {
  const server = createServer({ keepAliveTimeout: keepAliveMilliseconds }, app)
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

/** What is no HTTP, or has headers beyond all measure, never becomes a request: it is answered here. */
function refuse(error: NodeJS.ErrnoException, socket: Socket, problemBase: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const overflow = error.code === 'HPE_HEADER_OVERFLOW'
  const code = overflow ? 431 : status.badRequest
  const body = JSON.stringify({
    type: `${problemBase}/${overflow ? 'headers-too-large' : 'malformed-request'}`,
    title: overflow ? 'Headers too large' : 'Malformed request',
    status: code,
    detail: overflow ? 'The address and headers are too long.' : 'This is not a well-formed HTTP request.',
    code: overflow ? 'HEADERS_TOO_LARGE' : 'MALFORMED_REQUEST',
  })
  const head = [
    `HTTP/1.1 ${code} ${overflow ? 'Request Header Fields Too Large' : 'Bad Request'}`,
    `Content-Type: ${problemMediaType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
