import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Request } from 'express'
import type { Caller, RequestContext } from './route.ts'

/** What is known of one request while it lasts: kept beside Express's own object, so that it stays typed. */
export type Exchange = {
  readonly requestId: string
  readonly startedAt: bigint
  /** The route's pattern, once one matched: what is logged and measured, because patterns are few and paths are not. */
  pattern?: string
  caller?: Caller
}

const exchanges = new WeakMap<IncomingMessage, Exchange>()
/** Enough for a UUID or a trace id, and nothing that could break a log line or a header. */
const saneRequestId = /^[A-Za-z0-9._-]{8,64}$/

/** Opens the exchange of a request. A caller's sane `X-Request-Id` is kept, so that its logs and ours meet. */
export function openExchange(request: IncomingMessage): Exchange {
  const given = request.headers['x-request-id']
  const requestId = typeof given === 'string' && saneRequestId.test(given) ? given : randomUUID()
  const exchange: Exchange = { requestId, startedAt: process.hrtime.bigint() }
  exchanges.set(request, exchange)
  return exchange
}

/** The exchange of a request that came through the app. */
export function exchangeOf(request: IncomingMessage): Exchange {
  return exchanges.get(request) ?? openExchange(request)
}

/** Milliseconds since the request came in. */
export const elapsedMilliseconds = ({ startedAt }: Exchange): number =>
  Number((process.hrtime.bigint() - startedAt) / 1000n) / 1000

/** Who is at the other end, for audit rows and sessions. The address counts forwarded headers as far as trusted. */
export function contextOf(request: Request): RequestContext {
  const userAgent = request.get('user-agent')?.slice(0, 500)
  return {
    requestId: exchangeOf(request).requestId,
    ipAddress: request.ip ?? '',
    ...(userAgent !== undefined && { userAgent }),
  }
}
