import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorFromResponse, isKubeError, kubeError, type KubeError } from './errors.ts'
import { dropIdleSockets, type Session, type Sessions } from './session.ts'

export type KubeRequest = {
  /** Each of them means the same when it is sent twice: a request may be repeated when its fate is not known. */
  method: 'GET' | 'PATCH' | 'DELETE'
  path: string
  query?: Readonly<Record<string, string | number | boolean | undefined>>
  body?: unknown
  contentType?: string
  /** From sending to the last byte. */
  timeoutMilliseconds?: number
}

export type Transport = {
  /** The body of a successful answer. Throws a KubeError. */
  send(request: KubeRequest): Promise<string>
  /** The answer while it arrives, without a deadline. Ends when the signal aborts. Throws a KubeError. */
  stream(request: KubeRequest, signal: AbortSignal): Promise<IncomingMessage>
  close(): void
}

const defaultTimeout = 30_000
/** A server that is there takes a connection in a round trip; one that is not must not hold the caller for minutes. */
const connectTimeout = 5_000
const attempts = 4
const longestWaitSeconds = 10

/**
 * Requests to the API server over HTTP/1.1 with kept connections, on node:http(s): 0.1 ms of our CPU each. Repeats
 * after 429 (when the server says, at most three times), once after a 401 with credentials read anew, and once when a
 * kept connection turns out to be closed. All else is the caller's to decide.
 */
export function createTransport(sessions: Sessions): Transport {
  const closing = new AbortController()

  const send = async (request: KubeRequest): Promise<string> => {
    let session = await sessions.current()
    let renewed = false
    let reopened = false
    for (let attempt = 1; ; attempt++) {
      const answer = await exchange(session, request).catch((error: unknown) => {
        if (reopened || !isStaleSocket(error)) throw asKubeError(error, session)
        reopened = true
        dropIdleSockets(session)
        return undefined
      })
      if (!answer) continue
      const { status, body, retryAfter } = answer
      if (status < 300) return body
      if (status === 401 && !renewed) {
        renewed = true
        session = await sessions.renewed(session)
      } else if (status === 429 && attempt < attempts) {
        const seconds = Math.min(retryAfter ?? 1, longestWaitSeconds)
        await sleep(seconds * 1000 * (1 + Math.random() / 4), undefined, { signal: closing.signal })
      } else {
        throw errorFromResponse(status, body, retryAfter)
      }
    }
  }

  const stream = async (request: KubeRequest, signal: AbortSignal): Promise<IncomingMessage> => {
    let session = await sessions.current()
    for (let attempt = 1; ; attempt++) {
      const response = await open(session, request, AbortSignal.any([signal, closing.signal])).catch(
        (error: unknown) => {
          throw asKubeError(error, session)
        },
      )
      const status = response.statusCode ?? 0
      if (status < 300) return response
      const body = await readBody(response)
      if (status !== 401 || attempt > 1) throw errorFromResponse(status, body, retryAfterOf(response))
      session = await sessions.renewed(session)
    }
  }

  return {
    send,
    stream,
    close: () => {
      closing.abort()
      sessions.close()
    },
  }
}

type Answer = { status: number; body: string; retryAfter?: number }

function exchange(session: Session, request: KubeRequest): Promise<Answer> {
  const milliseconds = request.timeoutMilliseconds ?? defaultTimeout
  return new Promise((resolve, reject) => {
    const outgoing = start(session, request, session.requests)
    const deadline = setTimeout(() => {
      outgoing.destroy(kubeError('timeout', `The API server did not answer within ${milliseconds / 1000} seconds.`))
    }, milliseconds)
    const fail = (error: Error) => {
      clearTimeout(deadline)
      reject(outgoing.reusedSocket ? Object.assign(error, { reusedSocket: true }) : error)
    }
    outgoing.on('error', fail)
    outgoing.on('response', (response) => {
      readBody(response).then((body) => {
        clearTimeout(deadline)
        const retryAfter = retryAfterOf(response)
        resolve({ status: response.statusCode ?? 0, body, ...(retryAfter !== undefined && { retryAfter }) })
      }, fail)
    })
  })
}

function open(session: Session, request: KubeRequest, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = start(session, request, session.streams, signal)
    // A server that accepts the connection and says nothing must not hold a watch for ever.
    const deadline = setTimeout(() => {
      outgoing.destroy(kubeError('timeout', `The API server did not answer within ${defaultTimeout / 1000} seconds.`))
    }, defaultTimeout)
    outgoing.on('error', (error) => {
      clearTimeout(deadline)
      reject(error)
    })
    outgoing.on('response', (response) => {
      clearTimeout(deadline)
      resolve(response)
    })
    outgoing.on('socket', (socket: Socket) => socket.setKeepAlive(true, 15_000))
  })
}

function start({ connection }: Session, request: KubeRequest, agent: http.Agent, signal?: AbortSignal): ClientRequest {
  const { url, headers } = connection
  const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body))
  const options: RequestOptions = {
    agent,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? undefined : Number(url.port),
    method: request.method,
    path: `${url.pathname.replace(/\/$/, '')}${request.path}${queryOf(request)}`,
    headers: {
      accept: 'application/json',
      'user-agent': 'berth',
      ...headers,
      ...(body && { 'content-type': request.contentType ?? 'application/json', 'content-length': body.length }),
    },
    ...(signal && { signal }),
  }
  const outgoing = (url.protocol === 'https:' ? https : http).request(options)
  outgoing.on('socket', (socket: Socket) => limitConnecting(outgoing, socket))
  outgoing.end(body)
  return outgoing
}

/** Connecting is done when TLS is: the kernel of a machine accepts connections for a process that hangs. */
function limitConnecting(outgoing: ClientRequest, socket: Socket): void {
  if (!socket.connecting) return
  const deadline = setTimeout(() => {
    const seconds = connectTimeout / 1000
    outgoing.destroy(kubeError('unreachable', `No connection to the API server within ${seconds} seconds.`))
  }, connectTimeout)
  const settle = () => clearTimeout(deadline)
  socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', settle)
  socket.once('close', settle)
}

const queryOf = ({ query }: KubeRequest): string => {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) search.set(name, String(value))
  return search.size === 0 ? '' : `?${search.toString()}`
}

function readBody(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    response.on('error', reject)
  })
}

const retryAfterOf = ({ headers }: IncomingMessage): number | undefined => {
  const seconds = Number(headers['retry-after'])
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined
}

/** The server closed a kept connection at the moment at which we used it: it has not seen the request. */
const isStaleSocket = (error: unknown): boolean =>
  error instanceof Error &&
  'reusedSocket' in error &&
  'code' in error &&
  ['ECONNRESET', 'EPIPE'].includes(String(error.code))

/** Whatever ended a connection, as an error of ours. */
function asKubeError(error: unknown, { connection }: Session): KubeError {
  if (isKubeError(error)) return error
  // Node tries each address of a name, and its AggregateError has no message, only the code.
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const why = error instanceof Error && error.message !== '' ? error.message : code
  return kubeError('unreachable', `The API server at ${connection.url.origin} cannot be reached: ${why}`, {
    cause: error,
  })
}
