import type { Database } from '../../db/database.ts'
import type { AccessTokenSource, TokenOwner } from '../../http/authentication.ts'
import { isScope } from '../../http/scopes.ts'
import type { Clock } from '../../lib/clock.ts'
import { messageOf, unauthenticated } from '../../lib/errors.ts'
import type { Logger } from '../../lib/log.ts'
import * as store from './store.ts'
import { hashToken, isTokenLike, isWellFormed } from './token.ts'

/**
 * Who a personal access token is of: one query at each request, so that what was taken from the token or its owner is
 * gone at once.
 */

type Dependencies = { database: Pick<Database, 'query'>; clock: Clock; log: Pick<Logger, 'warn'> }

/** When and from where a token was used is written this often at most, however busy it is. */
const usePrecisionMilliseconds = 60_000

export function createTokenAuthentication({ database, clock, log }: Dependencies): AccessTokenSource {
  /** Tokens whose use is being written just now: a burst of requests writes it once. */
  const writing = new Set<string>()

  /** Beside the request: nobody waits for it, and none fails because of it. */
  const noteUse = ({ id, lastUsedAt }: store.TokenWithOwner, now: Date, ipAddress: string) => {
    if (lastUsedAt && now.getTime() - lastUsedAt.getTime() < usePrecisionMilliseconds) return
    if (writing.has(id)) return
    writing.add(id)
    const latest = new Date(now.getTime() - usePrecisionMilliseconds)
    store
      .noteTokenUse(database, { id, now, ipAddress, latest })
      .catch((error: unknown) =>
        log.warn({ tokenId: id, error: messageOf(error) }, 'could not note the use of a token'),
      )
      .finally(() => writing.delete(id))
  }

  return {
    recognizes: isTokenLike,

    async authenticate(token, { ipAddress }) {
      if (!isWellFormed(token)) throw unknown()
      const found = await store.findTokenByHash(database, hashToken(token))
      if (!found) throw unknown()
      const now = clock.systemNow()
      const owner = ownerOf(found, now)
      noteUse(found, now, ipAddress)
      return owner
    },

    async owner(tokenId) {
      const found = await store.findTokenById(database, tokenId)
      return found && refusalOf(found, clock.systemNow()) === undefined ? openOwner(found) : undefined
    },
  }
}

function ownerOf(token: store.TokenWithOwner, now: Date): TokenOwner {
  const refusal = refusalOf(token, now)
  if (refusal) throw refusal
  return openOwner(token)
}

function openOwner({ id, scopes, user, organizationIds }: store.TokenWithOwner): TokenOwner {
  const [organizationId] = organizationIds
  if (organizationId === undefined) throw unknown()
  // A scope that was given up since lets nobody in.
  return {
    tokenId: id,
    scopes: scopes.filter(isScope),
    userId: user.id,
    role: user.role,
    organizationId,
    organizationIds,
  }
}

/** Why a token lets nobody in; its holder has proven to have it, so that the reason tells nothing to strangers. */
function refusalOf({ expiresAt, revokedAt, user }: store.TokenWithOwner, now: Date) {
  if (user.status !== 'ACTIVE') return unauthenticated('TOKEN_INVALID', 'The account of this token was deactivated.')
  if (revokedAt) return unauthenticated('TOKEN_REVOKED', 'This access token was revoked: make another one.')
  if (expiresAt && expiresAt <= now)
    return unauthenticated('TOKEN_EXPIRED', 'This access token has expired: make another one.')
  return undefined
}

const unknown = () =>
  unauthenticated('TOKEN_INVALID', 'This access token is not known here: look for a missing or mistyped character.')
