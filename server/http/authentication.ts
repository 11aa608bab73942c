import { errors, jwtVerify, type CryptoKey } from 'jose'
import type { Clock } from '../lib/clock.ts'
import { forbidden, unauthenticated, unavailable } from '../lib/errors.ts'
import type { Caller, Permission, RequestContext } from './route.ts'

/**
 * Bearer token → Caller. The signature of a token is verified once and remembered until the token expires; what the
 * token's owner may do is never remembered: status, role and session are read at every request, in one query.
 */

export type Authentication = {
  /** Undefined where no credentials came; throws `unauthenticated` where they are bad, old or taken back. */
  authenticate(authorization: string | undefined, context: RequestContext): Promise<Caller | undefined>
  /** Whether a caller that once was let in still would be: what open streams ask. */
  stillPermitted(permission: Permission, caller: Caller): Promise<boolean>
}

/** What the database says of a session that lives and whose user is active; undefined of any other. */
export type SessionOwner = Pick<Caller, 'userId' | 'role' | 'organizationId' | 'organizationIds'>

export type AuthenticationSource = {
  /** The public key of that id, undefined for an unknown one. */
  publicKey: (kid: string) => Promise<CryptoKey | undefined>
  readSession: (sessionId: string, now: Date) => Promise<SessionOwner | undefined>
  clock: Clock
  issuer: string
}

export const accessTokenAudience = 'berth-api'
export const accessTokenAlgorithm = 'EdDSA'
const rememberedTokens = 10_000
/** A token that is longer was not made here. */
const longestToken = 2000

type Claims = { sessionId: string; userId: string; expiresAt: number }

export function createAuthentication({ publicKey, readSession, clock, issuer }: AuthenticationSource): Authentication {
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

  return {
    async authenticate(authorization, context) {
      if (authorization === undefined) return undefined
      const token = bearerToken(authorization)
      const { sessionId, userId } = await claimsOf(token)
      const owner = await readSession(sessionId, clock.systemNow())
      if (owner?.userId !== userId) throw unauthenticated('SESSION_ENDED', 'This sign-in has ended: log in again.')
      return { ...owner, sessionId, ...context }
    },
    async stillPermitted(permission, caller) {
      const owner = await readSession(caller.sessionId, clock.systemNow())
      return owner !== undefined && hasPermission(permission, owner.role)
    },
  }
}

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
    throw unavailable('SIGNING_KEYS_UNAVAILABLE', 'The access token cannot be checked just now.', { cause: error })
  }
}

const hasPermission = (permission: Permission, role: Caller['role']) =>
  permission !== 'administrator' || role === 'ADMINISTRATOR'

/** Throws where the caller may not use a route of that permission: 401 for nobody, 403 for the wrong role. */
export function assertPermitted(permission: Permission, caller: Caller | undefined): void {
  if (permission === 'public') return
  if (!caller) throw unauthenticated('UNAUTHENTICATED', 'Log in first: this needs an access token.')
  if (!hasPermission(permission, caller.role))
    throw forbidden('ADMINISTRATORS_ONLY', 'Only administrators may do this.')
}
