import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import helmet from 'helmet'

const yearSeconds = 31_536_000

/**
 * Helmet's headers, asked for once: they are the same for every answer, and helmet as a middleware costs a fifth of a
 * small request. Answers of the API are data: nothing in them may load, run or be framed.
 */
export function securityHeaders({ https }: { https: boolean }): Map<string, string> {
  const collect = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
    },
    strictTransportSecurity: https && { maxAge: yearSeconds },
    xPoweredBy: false,
  })
  const request = new IncomingMessage(new Socket())
  const response = new ServerResponse(request)
  collect(request, response, (error) => {
    if (error instanceof Error) throw error
  })
  return new Map(Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]))
}
