/** One request and its answer: what the client asked for, and how it wants to read it. */
import { type IncomingMessage, type ServerResponse } from 'node:http'
import { parse, stringify } from 'yaml'
import { badRequest, notAcceptable, tooLarge, type Status, unsupportedMediaType } from '../errors.ts'
import { isObject, type JsonObject } from '../json.ts'
import { decodeProtobuf } from '../schema/protobuf.ts'

export type Exchange = {
  request: IncomingMessage
  response: ServerResponse
  method: string
  path: string
  query: URLSearchParams
}

export type Representation = 'object' | 'table' | 'metadata'

/** Throws 406 for a client that reads nothing which the server writes. */
export function requireAcceptable({ request }: Exchange): void {
  const { accept } = request.headers
  if (!accept || /json|yaml|protobuf|\*\/\*|application\/\*|text\/plain/.test(accept)) return
  throw notAcceptable(['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'])
}

/** How the client wants objects: whole, as a table, or their metadata alone. Protobuf is answered by JSON. */
export function representationOf({ request }: Exchange): Representation {
  const accept = request.headers.accept ?? ''
  if (!accept.includes('as=')) return 'object'
  for (const choice of accept.split(',')) {
    if (choice.includes('as=Table') && !choice.includes('v1beta1')) return 'table'
    if (choice.includes('as=PartialObjectMetadata')) return 'metadata'
    if (choice.includes('application/json') && !choice.includes('as=')) return 'object'
  }
  return 'object'
}

const bodyLimit = 3 * 1024 * 1024

function readBytes({ request }: Exchange): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= bodyLimit) chunks.push(chunk)
    })
    request.on('end', () => {
      const [only] = chunks
      if (size > bodyLimit) reject(tooLarge(bodyLimit))
      else resolve(only && chunks.length === 1 ? only : Buffer.concat(chunks))
    })
    request.on('error', reject)
  })
}

/** The body as text. 413 beyond 3 MiB, as the real server. */
export async function readBody(exchange: Exchange): Promise<string> {
  return (await readBytes(exchange)).toString('utf8')
}

/** A body in JSON or YAML. 400 when it is neither. */
export function parseBody(text: string, mediaType: string): unknown {
  try {
    const first = text.trimStart()[0]
    return first === '{' || first === '[' || mediaType.includes('json')
      ? JSON.parse(text)
      : parse(text, { maxAliasCount: 100 })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw badRequest(`couldn't get version/kind; json parse error: ${why}`)
  }
}

/** The media type of the body, JSON when there is none. */
function mediaTypeOf({ request }: Exchange): string {
  return request.headers['content-type'] ?? 'application/json'
}

/** The body as an object, or an empty one where there is none. */
export async function readOptionalObject(exchange: Exchange): Promise<JsonObject> {
  const bytes = await readBytes(exchange)
  if (bytes.length === 0) return {}
  if (mediaTypeOf(exchange).includes('protobuf')) return decodeProtobuf(bytes)
  const body = parseBody(bytes.toString('utf8'), mediaTypeOf(exchange))
  return isObject(body) ? body : {}
}

/** The body as one object, by its media type: 415 for unknown ones. */
export async function readObject(exchange: Exchange): Promise<JsonObject> {
  const mediaType = mediaTypeOf(exchange)
  if (mediaType.includes('protobuf')) return decodeProtobuf(await readBytes(exchange))
  if (!/json|yaml|octet-stream|urlencoded/.test(mediaType)) {
    throw unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml`,
    )
  }
  const body = parseBody(await readBody(exchange), mediaType)
  if (!isObject(body)) throw badRequest('the body of the request must be an object')
  return body
}

/** Sends JSON that is already text, or YAML to who prefers that. */
export function sendJson(
  { response, request }: Exchange,
  code: number,
  text: string,
  warnings: readonly string[] = [],
): void {
  if (response.headersSent || response.destroyed) return
  const yaml = request.headers.accept?.startsWith('application/yaml') === true
  if (yaml) text = stringify(JSON.parse(text))
  const length = Buffer.byteLength(text)
  const headers: Record<string, string | number | string[]> = {
    'content-type': yaml ? 'application/yaml' : 'application/json',
    'content-length': length,
  }
  if (warnings.length) {
    headers.warning = [...new Set(warnings)].map(
      (each) => `299 - "${each.replace(/["\\]/g, '\\$&').replaceAll('\n', ' ')}"`,
    )
  }
  response.writeHead(code, headers)
  if (request.method === 'HEAD') response.end()
  // One byte per character: the cheaper encoding gives the same bytes.
  else response.end(text, length === text.length ? 'latin1' : 'utf8')
}

/** Sends a refusal, with Retry-After where the client is to come back. */
export function sendStatus(exchange: Exchange, status: Status): void {
  const seconds = status.details?.retryAfterSeconds
  if (seconds !== undefined && !exchange.response.headersSent)
    exchange.response.setHeader('retry-after', String(seconds))
  sendJson(exchange, status.code, JSON.stringify(status))
}
