import type { Request } from 'express'
import { preconditionFailed } from '../lib/errors.ts'

/**
 * Strong entity tags from a row's `version`, which only client-writable changes raise (a heartbeat does not): who sends
 * `If-Match` can lose no update.
 */

/** The ETag of a row in that version. */
export const etagOf = (version: number): string => `"v${version}"`

const tagsOf = (header: string): string[] => header.split(',').map((tag) => tag.trim())

/**
 * The version that a change expects, for the store's `where`: undefined where the caller asks for none (no `If-Match`,
 * or `*`). Throws `preconditionFailed` for tags that no version of ours has. Weak tags never match (RFC 9110, 13.1.1).
 */
export function expectedVersion(request: Request): number | undefined {
  const header = request.get('if-match')
  if (header === undefined || header.trim() === '*') return undefined
  const version = /^"v(\d{1,9})"$/.exec(header.trim())?.[1]
  if (version === undefined) throw versionChanged()
  return Number(version)
}

/** The failure for a row that is no longer in the version that `If-Match` named. */
export const versionChanged = () =>
  preconditionFailed(
    'VERSION_CHANGED',
    'It was changed since you read it (If-Match did not match): read it again, then repeat your change.',
  )

/** Whether `If-None-Match` names the tag (weak comparison, RFC 9110 13.1.2). */
export const isUnmodified = (ifNoneMatch: string | undefined, etag: string): boolean => {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch.trim() === '*') return true
  const bare = (tag: string) => tag.replace(/^W\//, '')
  return tagsOf(ifNoneMatch).some((tag) => bare(tag) === bare(etag))
}
