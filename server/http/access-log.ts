import type { RequestHandler } from 'express'
import type { Logger } from '../lib/log.ts'
import { elapsedMilliseconds, openExchange } from './exchange.ts'
import type { Metrics } from './metrics.ts'

const unmatched = '(none)'
/** Asked every few seconds by machines: of interest only to who debugs them. */
const quietPatterns = new Set(['/livez', '/readyz', '/metrics'])
const buckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

/**
 * Opens each request's exchange; once it is answered, logs one line and measures it. Paths are logged as their route's
 * pattern and without the query: neither ids in labels nor secrets in logs.
 */
export function accessLog(log: Logger, metrics: Metrics): RequestHandler {
  const duration = metrics.histogram({
    name: 'berth_http_request_duration_seconds',
    help: 'Time from a request to the end of its answer, by route.',
    labels: ['method', 'route', 'status'],
    buckets,
  })
  return (request, response, next) => {
    const exchange = openExchange(request)
    response.setHeader('X-Request-Id', exchange.requestId)
    response.once('close', () => {
      const { method } = request
      const { requestId, pattern = unmatched, caller } = exchange
      const milliseconds = elapsedMilliseconds(exchange)
      duration.observe({ method, route: pattern, status: response.statusCode }, milliseconds / 1000)
      const line = {
        requestId,
        method,
        route: pattern,
        status: response.statusCode,
        milliseconds,
        ...(caller && { userId: caller.userId }),
        ...(!response.writableFinished && { aborted: true }),
      }
      if (quietPatterns.has(pattern)) log.debug(line, 'request')
      else log.info(line, 'request')
    })
    next()
  }
}
