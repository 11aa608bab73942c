import { unauthenticated } from '../../lib/errors.ts'

/**
 * The refresh token of a browser: a cookie that no script can read, that goes over TLS only and with requests of our own
 * pages only. `__Host-` (RFC 6265bis) forbids that another host of the same domain, such as a customer's application,
 * sets it.
 */
const name = '__Host-berth_refresh'
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Strict'

export const refreshCookie = (token: string, expiresAt: Date): string =>
  `${name}=${token}; Expires=${expiresAt.toUTCString()}; ${attributes}`
export const clearedRefreshCookie = `${name}=; Max-Age=0; ${attributes}`

type Headers = { get(name: string): string | undefined }

/**
 * The token in the request's cookie. A page of another origin never speaks for the browser's owner, even one of the same
 * site, where SameSite does not help: such a request is refused.
 */
export function readRefreshCookie(request: Headers, publicUrl: string): string | undefined {
  const token = (request.get('cookie') ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1)
  if (token === undefined || token === '') return undefined
  const origin = request.get('origin')
  if (origin !== undefined && origin !== new URL(publicUrl).origin)
    throw unauthenticated('FOREIGN_ORIGIN', 'The refresh cookie is taken from pages of this server only.')
  return token
}
