/** Who may ask: whoever holds the token; without one, programs of this machine, and no page in somebody's browser. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { notLoopback, unauthorized } from '../errors.ts'
import { isHealthPath } from './documents.ts'
import { type Exchange } from './exchange.ts'

/** Throws the refusal of a request that may not be answered: 401 without the token, 403 for a name that is not loopback's. */
export type Authenticate = (exchange: Exchange) => void

export function createAuthentication(token: string | undefined): Authenticate {
  if (token === undefined) return requireLoopbackName
  const expected = digest(token)
  return ({ path, request }) => {
    if (isHealthPath(path)) return
    const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
    // Digests are of one length, so that the time of the comparison tells nothing of the token.
    if (given === undefined || !timingSafeEqual(digest(given), expected)) throw unauthorized()
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/**
 * A page whose own name was made to lead to 127.0.0.1 (DNS rebinding) may read what it is answered, and the browser
 * then says the page's name. Nobody can have such a name as these.
 */
function requireLoopbackName({ request }: Exchange): void {
  const { host = '' } = request.headers
  if (!/^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host)) throw notLoopback(host)
}
