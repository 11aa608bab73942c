import type { Database } from '../../db/database.ts'
import type { AccessTokenSource, TokenOwner } from '../../http/authentication.ts'
import { isScope } from '../../http/scopes.ts'
import type { Clock } from '../../lib/clock.ts'
import { unauthenticated } from '../../lib/errors.ts'
import * as store from './store.ts'
import { hashToken, isTokenLike, isWellFormed } from './token.ts'

/** Personal access tokens: what a person gives to a program instead of a password. */

type Dependencies = { database: Pick<Database, 'query'>; clock: Clock }
export type AccessTokens = ReturnType<typeof createAccessTokens>

export function createAccessTokens({ database, clock }: Dependencies) {
  return {
    recognizes: isTokenLike,

    async authenticate(token) {
      if (!isWellFormed(token)) throw unknown()
      const found = await store.findTokenByHash(database, hashToken(token))
      if (!found) throw unknown()
      return ownerOf(found, clock.systemNow())
    },

    async owner(tokenId) {
      const found = await store.findTokenById(database, tokenId)
      return found && refusalOf(found, clock.systemNow()) === undefined ? openOwner(found) : undefined
    },
  } satisfies AccessTokenSource
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
