import { createHash } from 'node:crypto'
import type { Request } from 'express'
import { isUnmodified } from '../../../http/etag.ts'
import type { Caller, ReplyHeaders } from '../../../http/route.ts'

/**
 * The public catalog may be kept by browsers and by caches between, and is asked about each time: the answer is a 304
 * as long as nothing in the whole catalog changed. What a signed-in person sees may hold their organization's own
 * services, so no shared cache keeps it.
 */
export type CacheTerms = { headers: ReplyHeaders; unmodified: boolean }

/** `further` is what else the answer depends on, beside the catalog and who asks. */
export function cacheTerms(
  request: Request,
  caller: Caller | undefined,
  version: string,
  further: string = '',
): CacheTerms {
  const own = caller ? [...caller.organizationIds].sort().join() : ''
  const suffix =
    own + further === '' ? '' : `-${createHash('sha256').update(`${own};${further}`).digest('base64url').slice(0, 16)}`
  const ETag = `"c${version}${suffix}"`
  return {
    headers: { ETag, 'Cache-Control': `${caller ? 'private' : 'public'}, max-age=0, must-revalidate` },
    unmodified: isUnmodified(request.get('if-none-match'), ETag),
  }
}
