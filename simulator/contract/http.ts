/**
 * The wire, and nothing above it: requests, answers and watch lines as the server sends them. A client library would
 * hide what this suite is about: status codes, headers, `Status` bodies, field names.
 */
import http from 'node:http'
import https from 'node:https'

export type ManagedFields = {
  manager: string
  operation: string
  apiVersion: string
  subresource?: string
  fieldsType: string
  fieldsV1: Record<string, unknown>
}

export type Metadata = {
  name: string
  namespace: string
  uid: string
  resourceVersion: string
  generation: number
  generateName?: string
  creationTimestamp: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  finalizers?: string[]
  ownerReferences?: { kind: string; name: string; uid: string; controller?: boolean }[]
  managedFields?: ManagedFields[]
  continue?: string
  remainingItemCount?: number
}

/**
 * What an answer's JSON may hold: an object, a list, a `Status` or a `Table`. The type only names the fields, so that
 * tests can be read; whether they are there is what the tests find out.
 */
export type Body = {
  kind: string
  apiVersion: string
  metadata: Metadata
  spec: unknown
  status: unknown
  data: Record<string, string>
  items: Body[]
  code: number
  reason: string
  message: string
  details: { name?: string; group?: string; kind?: string; uid?: string; causes?: Cause[]; retryAfterSeconds?: number }
  columnDefinitions: { name: string; type: string; priority: number }[] | null
  rows: { cells: unknown[]; object: Body }[]
  [field: string]: unknown
}

export type Cause = { reason: string; message: string; field: string }

export type Query = Record<string, string | number | boolean>

export type Call = {
  query?: Query
  body?: unknown
  contentType?: string
  headers?: Record<string, string>
}

export type Answer = { status: number; headers: http.IncomingHttpHeaders; text: string; body: Body }

export type WatchEvent = { type: string; object: Body }

export type Watch = {
  status: number
  headers: http.IncomingHttpHeaders
  /** Every event so far, in order. */
  events: readonly WatchEvent[]
  /** Resolves when the server ends the stream. */
  ended: Promise<void>
  close(): void
}

/** Where a server listens, with what identifies the caller (certificates, authorization header). */
export type Connection = { url: string; options: https.RequestOptions }

/** An open line to one API server; `close` drops its connections. */
export type Wire = {
  call(method: string, path: string, call?: Call): Promise<Answer>
  watch(path: string, query?: Query, headers?: Record<string, string>): Promise<Watch>
  /** Streams text as it arrives, until closed: for followed logs. */
  follow(path: string, query?: Query): Promise<{ text(): string; close(): void }>
  close(): void
}

/** Opens a line. Bodies that are strings go out as they are, others as JSON. No status is an error here. */
export function openWire(connection: Connection): Wire {
  const secure = connection.url.startsWith('https:')
  const agent = secure ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true })

  const send = (method: string, path: string, call: Call): Promise<http.IncomingMessage> => {
    const text =
      typeof call.body === 'string' ? call.body : call.body === undefined ? undefined : JSON.stringify(call.body)
    const headers = {
      accept: 'application/json',
      'user-agent': 'contract/1.0',
      ...connection.options.headers,
      ...(text !== undefined && { 'content-type': call.contentType ?? 'application/json' }),
      ...(text !== undefined && { 'content-length': Buffer.byteLength(text) }),
      ...call.headers,
    }
    const options = { ...connection.options, agent, method, headers }
    const url = new URL(connection.url + path)
    for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.set(name, String(value))
    return new Promise((resolve, reject) => {
      const request = (secure ? https : http).request(url, options, resolve)
      request.on('error', reject)
      request.end(text)
    })
  }

  return {
    async call(method, path, call = {}) {
      const message = await send(method, path, call)
      const text = await collect(message)
      return { status: message.statusCode ?? 0, headers: message.headers, text, body: parse(text, message) }
    },
    async watch(path, query = {}, headers = {}) {
      const message = await send('GET', path, { query: { watch: 'true', ...query }, headers })
      return readWatch(message)
    },
    async follow(path, query = {}) {
      const message = await send('GET', path, { query })
      let received = ''
      message.setEncoding('utf8')
      message.on('data', (part: string) => (received += part))
      message.on('error', () => undefined)
      return { text: () => received, close: () => message.destroy() }
    },
    close: () => agent.destroy(),
  }
}

async function collect(message: http.IncomingMessage): Promise<string> {
  message.setEncoding('utf8')
  let text = ''
  for await (const part of message) text += String(part)
  return text
}

function parse(text: string, message: http.IncomingMessage): Body {
  const isJson = message.headers['content-type']?.startsWith('application/json') === true
  return (isJson ? JSON.parse(text) : {}) as Body
}

function readWatch(message: http.IncomingMessage): Watch {
  const events: WatchEvent[] = []
  let rest = ''
  message.setEncoding('utf8')
  message.on('data', (part: string) => {
    const lines = (rest + part).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') events.push(JSON.parse(line) as WatchEvent)
  })
  const ended = new Promise<void>((resolve) => {
    message.on('close', () => resolve())
    message.on('error', () => resolve())
  })
  return { status: message.statusCode ?? 0, headers: message.headers, events, ended, close: () => message.destroy() }
}
