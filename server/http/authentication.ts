import { errors, jwtVerify, type CryptoKey } from 'jose'
import type { Clock } from '../lib/clock.ts'
import { unauthenticated, unavailable } from '../lib/errors.ts'
import { stillAdmitted, type Guarded } from './admission.ts'
import { databaseRetrySeconds } from './problems.ts'
import type { Caller, RequestContext } from './route.ts'
import type { Scope } from './scopes.ts'

/**
 * Bearer token → Caller: the JWT of a sign-in, or a personal access token. The signature of a JWT is verified once and
 * remembered until it expires; what the token's owner may do is never remembered: status, role, and session or token
 * are read at every request, in one query.
 */

export type Authentication = {
  /** Undefined where no credentials came; throws `unauthenticated` where they are bad, old or taken back. */
  authenticate(authorization: string | undefined, context: RequestContext): Promise<Caller | undefined>
  /** Whether a caller that a route admitted still would be, as the same: what open streams ask. */
  stillPermitted(route: Guarded, caller: Caller): Promise<boolean>
}

/** Who a credential is of. */
export type Owner = Pick<Caller, 'userId' | 'role' | 'organizationId' | 'organizationIds' | 'lacksSecondFactor'>
/** What the database says of a session that lives and whose user is active; undefined of any other. */
export type SessionOwner = Owner
export type TokenOwner = Owner & { tokenId: string; scopes: readonly Scope[] }

/** Personal access tokens, as far as a request needs them. */
export type AccessTokenSource = {
  recognizes(token: string): boolean
  /** Throws `unauthenticated` for a token that is unknown, revoked, expired or of a deactivated user. */
  authenticate(token: string, context: RequestContext): Promise<TokenOwner>
  /** Who has a token now, undefined where it no longer lets anybody in. */
  owner(tokenId: string): Promise<TokenOwner | undefined>
}

export type AuthenticationSource = {
  /** The public key of that id, undefined for an unknown one. */
  publicKey: (kid: string) => Promise<CryptoKey | undefined>
  readSession: (sessionId: string, now: Date) => Promise<SessionOwner | undefined>
  accessTokens: AccessTokenSource
  clock: Clock
  issuer: string
}

export const accessTokenAudience = 'berth-api'
export const accessTokenAlgorithm = 'EdDSA'
const rememberedTokens = 10_000
/** A token that is longer was not made here. */
const longestToken = 2000

type Claims = { sessionId: string; userId: string; expiresAt: number }

export function createAuthentication(source: AuthenticationSource): Authentication {
  const { publicKey, readSession, accessTokens, clock, issuer } = source
  const verified = new Map<string, Claims>()

  const remember = (token: string, claims: Claims) => {
    const [oldest] = verified.size >= rememberedTokens ? verified.keys() : []
    if (oldest !== undefined) verified.delete(oldest)
    verified.set(token, claims)
  }

  const claimsOf = async (token: string): Promise<Claims> => {
    const now = clock.systemNow()
    const known = verified.get(token)
    if (known && known.expiresAt > now.getTime()) return known
    verified.delete(token)
    const claims = await verify(token, { publicKey, issuer, now })
    remember(token, claims)
    return claims
  }

  const presentCaller = async (caller: Caller): Promise<Caller | undefined> => {
    const { credential } = caller
    if (credential.kind === 'session') {
      const owner = await readSession(credential.sessionId, clock.systemNow())
      return owner && { ...caller, ...owner }
    }
    const owner = await accessTokens.owner(credential.tokenId)
    return owner && { ...caller, ...callerOfToken(owner) }
  }

  return {
    async authenticate(authorization, context) {
      if (authorization === undefined) return undefined
      const token = bearerToken(authorization)
      if (accessTokens.recognizes(token)) {
        const owner = await accessTokens.authenticate(token, context)
        return { ...callerOfToken(owner), ...context }
      }
      const { sessionId, userId } = await claimsOf(token)
      const owner = await readSession(sessionId, clock.systemNow())
      if (owner?.userId !== userId) throw unauthenticated('SESSION_ENDED', 'This sign-in has ended: log in again.')
      return { ...owner, credential: { kind: 'session', sessionId }, ...context }
    },
    async stillPermitted(route, caller) {
      const present = await presentCaller(caller)
      return present !== undefined && stillAdmitted(route, caller, present)
    },
  }
}

const callerOfToken = ({ tokenId, scopes, ...owner }: TokenOwner) => ({
  ...owner,
  credential: { kind: 'accessToken', tokenId, scopes } as const,
})

function bearerToken(authorization: string): string {
  const token = /^bearer ([\w.~+/=-]+)$/i.exec(authorization)?.[1]
  if (token === undefined || token.length > longestToken)
    throw unauthenticated('TOKEN_INVALID', 'The Authorization header is not of the form "Bearer <access token>".')
  return token
}

type Verification = { publicKey: AuthenticationSource['publicKey']; issuer: string; now: Date }

async function verify(token: string, { publicKey, issuer, now }: Verification): Promise<Claims> {
  try {
    const { payload } = await jwtVerify(
      token,
      async ({ kid }) => {
        const key = kid === undefined ? undefined : await publicKey(kid)
        if (!key) throw new errors.JWKSNoMatchingKey()
        return key
      },
      { algorithms: [accessTokenAlgorithm], audience: accessTokenAudience, issuer, currentDate: now, typ: 'at+jwt' },
    )
    const { sub, sid, exp } = payload
    if (typeof sub !== 'string' || typeof sid !== 'string' || exp === undefined) throw new errors.JWTInvalid()
    return { userId: sub, sessionId: sid, expiresAt: exp * 1000 }
  } catch (error) {
    if (error instanceof errors.JWTExpired)
      throw unauthenticated('TOKEN_EXPIRED', 'The access token has expired: refresh it.', { cause: error })
    if (error instanceof errors.JOSEError)
      throw unauthenticated('TOKEN_INVALID', 'The access token is not valid.', { cause: error })
    throw unavailable(
      'SIGNING_KEYS_UNAVAILABLE',
      'The access token cannot be checked just now: try again in a moment.',
      {
        extensions: { retryAfterSeconds: databaseRetrySeconds },
        cause: error,
      },
    )
  }
}
