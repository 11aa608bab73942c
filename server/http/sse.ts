import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Server-Sent Events (WHATWG HTML, section 9.2). A stream ends by itself when the server stops, when the reader goes
 * away, and when the right to read is taken back.
 */

type ServerEvent = { id?: string; event?: string; data: unknown }
export type EventStream = {
  /** From `Last-Event-ID`: resume after it. */
  readonly lastEventId: string | undefined
  /** Aborted when the stream is over, whoever ended it. */
  readonly signal: AbortSignal
  /** Writes one event; settles when the reader keeps up again, so that a slow reader slows its writer. */
  send(event: ServerEvent): Promise<void>
  /** Ends the stream; the reader's client connects again by itself. */
  close(): void
  /** Settles when the stream is over: what a handler returns. */
  readonly closed: Promise<void>
}
export type EventStreamOptions = {
  heartbeatSeconds?: number
  /** How long the reader's client waits before it connects again. */
  retryMilliseconds?: number
}
/** What the server knows of a request that is answered with a stream. */
export type StreamGuard = {
  /** Aborted when the server stops. */
  shutdown: AbortSignal
  /** Whether the caller may still read: asked every few seconds. */
  stillPermitted(): Promise<boolean>
  permissionSeconds: number
}

const guards = new WeakMap<IncomingMessage, StreamGuard>()
/** Puts what may end a request's stream beside the request, for `eventStream` to find. */
export const guardStream = (request: IncomingMessage, guard: StreamGuard): void => void guards.set(request, guard)

const defaultHeartbeatSeconds = 15
const longestLastEventId = 200
const slowReaderMilliseconds = 30_000

/** Begins a stream of events as the answer to a request. */
export function eventStream(
  response: ServerResponse,
  request: IncomingMessage,
  { heartbeatSeconds = defaultHeartbeatSeconds, retryMilliseconds = 1000 }: EventStreamOptions = {},
): EventStream {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store, no-transform',
    // Proxies of the nginx kind hold back what they may buffer.
    'X-Accel-Buffering': 'no',
  })
  response.write(`retry: ${retryMilliseconds}\n\n`)
  const over = new AbortController()
  const closed = new Promise<void>((resolve) => over.signal.addEventListener('abort', () => resolve(), { once: true }))
  const close = () => {
    over.abort()
    response.end()
  }
  response.once('close', () => over.abort())
  const heartbeat = setInterval(() => response.write(': still here\n\n'), heartbeatSeconds * 1000)
  over.signal.addEventListener('abort', () => clearInterval(heartbeat), { once: true })
  endWithGuard(request, over.signal, close)
  return {
    lastEventId: lastEventIdOf(request),
    signal: over.signal,
    closed,
    close,
    async send(event) {
      if (over.signal.aborted) return
      if (!response.write(written(event))) await drained(response, over.signal)
    },
  }
}

/** Ends a stream with the server, and with its reader's right to read. */
export function endWithGuard(request: IncomingMessage, over: AbortSignal, close: () => void): void {
  const guard = guards.get(request)
  if (!guard) return
  if (guard.shutdown.aborted) close()
  guard.shutdown.addEventListener('abort', close, { once: true, signal: over })
  // Where the question cannot be answered just now, the next one will be.
  const check = () =>
    guard.stillPermitted().then(
      (permitted) => (permitted ? undefined : close()),
      () => undefined,
    )
  const timer = setInterval(() => void check(), guard.permissionSeconds * 1000)
  over.addEventListener('abort', () => clearInterval(timer), { once: true })
}

function lastEventIdOf(request: IncomingMessage): string | undefined {
  const header = request.headers['last-event-id']
  return typeof header === 'string' && header.length <= longestLastEventId ? header : undefined
}

/** JSON has no raw line breaks, so that data is always one line. */
const written = ({ id, event, data }: ServerEvent): string =>
  [id !== undefined && `id: ${id}`, event !== undefined && `event: ${event}`, `data: ${JSON.stringify(data)}`]
    .filter((line) => line !== false)
    .join('\n') + '\n\n'

/** Waits for the reader; one that reads nothing for half a minute is cut off and resumes when it is back. */
export function drained(response: ServerResponse, over: AbortSignal): Promise<void> {
  if (over.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const patience = setTimeout(() => response.destroy(), slowReaderMilliseconds)
    const done = () => {
      clearTimeout(patience)
      response.off('drain', done)
      over.removeEventListener('abort', done)
      resolve()
    }
    response.once('drain', done)
    over.addEventListener('abort', done, { once: true })
  })
}
