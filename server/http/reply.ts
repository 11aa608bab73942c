import type { Response } from 'express'
import { z } from 'zod'
import { isUnmodified } from './etag.ts'
import { exchangeOf } from './exchange.ts'
import { headersOfFailure, problemMediaType, toFailure, toProblem } from './problems.ts'
import type { Reply, ReplyHeaders, Route } from './route.ts'
import { status } from './status.ts'

/** From what a handler answers to what goes over the wire. */

/** A reply whose body has passed its schema's codecs: JSON, or text of the response's own media type. */
export type WireReply = Reply & { readonly contentType?: string }

/**
 * Encodes an answer through its response's schema: ids are prefixed, Dates and bigints written, and fields that the
 * schema does not name are dropped, so that nothing internal leaks. Throws where the answer breaks the schema.
 */
export function encodeReply(route: Route, answer: Reply): WireReply {
  const definition = route.responses[answer.status]
  if (!definition) throw new Error(`${route.method} ${route.path} answered ${answer.status}, which it does not declare`)
  const { schema, contentType } = definition
  const body = schema && contentType === undefined ? z.encode(schema, answer.body) : answer.body
  return { ...answer, body, ...(contentType !== undefined && { contentType }) }
}

export function sendReply(response: Response, { status: code, body, headers, contentType }: WireReply): void {
  // What may be kept says so itself: everything else is the caller's own, or observed, and is never stored.
  response.setHeader('Cache-Control', 'no-store')
  setHeaders(response, headers)
  const etag = response.getHeader('etag')
  if (code === status.ok && typeof etag === 'string' && isRead(response.req.method)) {
    if (isUnmodified(response.req.get('if-none-match'), etag)) {
      response.status(status.notModified).end()
      return
    }
  }
  response.status(code)
  if (body === undefined) response.end()
  else if (contentType === undefined) response.type('application/json').send(JSON.stringify(body))
  else response.setHeader('Content-Type', contentType).send(body)
}

const isRead = (method: string) => method === 'GET' || method === 'HEAD'

function setHeaders(response: Response, headers: ReplyHeaders): void {
  for (const [name, value] of Object.entries(headers))
    response.setHeader(name, typeof value === 'string' ? value : [...value])
}

/** Answers with the problem document of whatever was thrown. Nothing can be said once an answer has begun: it is cut. */
export function sendProblem(response: Response, error: unknown, problemBase: string): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const failure = toFailure(error)
  const { requestId } = exchangeOf(response.req)
  const instance = response.req.originalUrl.split('?', 1)[0] ?? '/'
  const document = toProblem(failure, { requestId, instance, problemBase })
  response.setHeader('Cache-Control', 'no-store')
  setHeaders(response, headersOfFailure(failure))
  response.status(document.status).setHeader('Content-Type', problemMediaType).send(JSON.stringify(document))
}
