import type { Database, Db, Tx } from '../../db/database.ts'
import type { RefreshToken, Session, User } from '../../db/generated/client.ts'
import type { RequestContext } from '../../http/route.ts'
import type { Clock } from '../../lib/clock.ts'
import { unauthenticated, type Failure } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import type { SecretBox } from '../../lib/secret-box.ts'
import { recordAudit } from '../audit/service.ts'
import type { Notifications } from '../notifications/service.ts'
import { deviceOf } from './devices.ts'
import {
  accessTokenSeconds,
  endedSessionSeconds,
  parallelRefreshSeconds,
  sessionIdleSeconds,
  sessionSeconds,
} from './lifetimes.ts'
import type { SigningKeys } from './signing-keys.ts'
import * as store from './store.ts'
import { hashOpaqueToken, newOpaqueToken, signAccessToken, successorsOf } from './tokens.ts'

/**
 * A session is a family of refresh tokens, one after the other. Each is used once. Used again within a few seconds,
 * while its successor is unused, it was a parallel tab and gets the same successor; used again at any other time, it
 * was stolen (by this caller or the one before), and the whole family ends (RFC 9700, 4.14.2).
 */
export type TokenPair = {
  accessToken: string
  refreshToken: string
  /** Seconds that the access token lasts. */
  expiresIn: number
  /** When the refresh token ends at the latest. */
  refreshExpiresAt: Date
}

type Dependencies = {
  database: Pick<Database, 'prisma' | 'transaction'>
  secretBox: SecretBox
  clock: Clock
  signingKeys: SigningKeys
  notifications: Pick<Notifications, 'send'>
  issuer: string
}
export type Sessions = ReturnType<typeof createSessions>

/** Why a session ended, as the row keeps it. */
export type EndReason =
  | 'LOGGED_OUT'
  | 'LOGGED_OUT_EVERYWHERE'
  | 'REVOKED_BY_OWNER'
  | 'REFRESH_TOKEN_REUSED'
  | 'PASSWORD_CHANGED'
  | 'PASSWORD_RESET'
  | 'DEACTIVATED'
  | 'ENDED_BY_ADMINISTRATOR'

const after = (time: Date, seconds: number) => new Date(time.getTime() + seconds * 1000)
const earlier = (a: Date, b: Date) => (a < b ? a : b)

export type Issued = { session: Pick<Session, 'id' | 'userId' | 'idleExpiresAt'>; refreshToken: string; issuedAt: Date }
/** What a refresh came to: a refusal is returned, not thrown, because what it wrote must be kept. */
type Outcome = { issued: Issued } | { refusal: Failure }

export function createSessions(dependencies: Dependencies) {
  const { database, secretBox, clock, signingKeys, notifications, issuer } = dependencies

  const pairOf = async ({ session, refreshToken, issuedAt }: Issued): Promise<TokenPair> => ({
    accessToken: await signAccessToken(signingKeys, {
      userId: session.userId,
      sessionId: session.id,
      issuer,
      issuedAt,
    }),
    refreshToken,
    expiresIn: accessTokenSeconds,
    refreshExpiresAt: session.idleExpiresAt,
  })

  const rotate = async (
    tx: Tx,
    session: Session & { user: User },
    token: RefreshToken,
    presented: string,
  ): Promise<Outcome> => {
    const now = clock.systemNow()
    const [refreshToken] = successorsOf(secretBox, presented)
    const idleExpiresAt = earlier(after(now, sessionIdleSeconds), session.absoluteExpiresAt)
    await store.markRotated(tx, token.id, now)
    await store.insertRefreshToken(tx, {
      sessionId: session.id,
      tokenHash: hashOpaqueToken(refreshToken),
      createdAt: now,
    })
    await store.touchSession(tx, session, { lastUsedAt: now, idleExpiresAt })
    return { issued: { session: { ...session, idleExpiresAt }, refreshToken, issuedAt: now } }
  }

  /** The successor that a parallel call was given, while nobody has used it. */
  const sameAsParallelCall = async (tx: Tx, rotatedAt: Date, presented: string): Promise<string | undefined> => {
    if (clock.systemNow() > after(rotatedAt, parallelRefreshSeconds)) return undefined
    const candidates = successorsOf(secretBox, presented).map((text) => ({ text, hash: hashOpaqueToken(text) }))
    const successor = await store.findFirstRefreshToken(
      tx,
      candidates.map(({ hash }) => hash),
    )
    if (!successor || successor.rotatedAt) return undefined
    return candidates.find(({ hash }) => Buffer.from(hash).equals(successor.tokenHash))?.text
  }

  const endFamily = async (tx: Tx, session: Session & { user: User }, origin: RequestContext): Promise<Outcome> => {
    const now = clock.systemNow()
    await store.revokeSession(tx, session.id, 'REFRESH_TOKEN_REUSED', now)
    const data = deviceOf(origin, now)
    await notifications.send(tx, { userId: session.userId, email: session.user.email }, { kind: 'token-reused', data })
    await recordAudit(tx, {
      actorId: session.userId,
      action: 'auth.refresh-token-reused',
      targetType: 'session',
      targetId: session.id,
      result: 'REFUSED',
      origin,
    })
    return { refusal: reused() }
  }

  const refreshIn = async (tx: Tx, presented: string, origin: RequestContext): Promise<Outcome> => {
    const hash = hashOpaqueToken(presented)
    const found = await store.findRefreshToken(tx, hash)
    const session = found && (await store.lockSession(tx, found.sessionId))
    if (!session || !isOpen(session, clock.systemNow())) return { refusal: sessionEnded() }
    // Read again behind the lock: a parallel call may have rotated it while this one waited.
    const token = await store.findRefreshToken(tx, hash)
    if (!token) return { refusal: sessionEnded() }
    if (!token.rotatedAt) return rotate(tx, session, token, presented)
    const refreshToken = await sameAsParallelCall(tx, token.rotatedAt, presented)
    if (refreshToken === undefined) return endFamily(tx, session, origin)
    return { issued: { session, refreshToken, issuedAt: token.rotatedAt } }
  }

  return {
    /**
     * Begins a session, by one statement; in a transaction, sign in the answer once that has committed. Throws
     * `unauthenticated` where the user was deactivated meanwhile, or no longer has the password that was checked.
     */
    async open(db: Db | Tx, owner: store.SessionUser, origin: RequestContext): Promise<Issued> {
      const userId = owner.id
      const [id, now, refreshToken] = [newId(), clock.systemNow(), newOpaqueToken()]
      const idleExpiresAt = after(now, sessionIdleSeconds)
      const session = {
        id,
        ipAddress: origin.ipAddress,
        userAgent: origin.userAgent ?? null,
        lastUsedAt: now,
        idleExpiresAt,
        absoluteExpiresAt: after(now, sessionSeconds),
      }
      const audit = { actorId: userId, action: 'auth.login', targetType: 'session', targetId: id, origin }
      const tokenHash = hashOpaqueToken(refreshToken)
      if (!(await store.insertSession(db, session, { owner, tokenHash, audit }))) throw sessionEnded()
      return { session: { id, userId, idleExpiresAt }, refreshToken, issuedAt: now }
    },

    pairOf,

    /** The next pair. Throws `unauthenticated` where the session has ended, or ends now because a token was reused. */
    async refresh(presented: string, origin: RequestContext): Promise<TokenPair> {
      const outcome = await database.transaction((tx) => refreshIn(tx, presented, origin))
      if ('refusal' in outcome) throw outcome.refusal
      return pairOf(outcome.issued)
    },

    /** Ends a session; its tokens stop at once. */
    async end(sessionId: string, userId: string, origin: RequestContext): Promise<void> {
      await database.transaction(async (tx) => {
        if (!(await store.revokeSession(tx, sessionId, 'LOGGED_OUT', clock.systemNow()))) return
        await recordAudit(tx, {
          actorId: userId,
          action: 'auth.logout',
          targetType: 'session',
          targetId: sessionId,
          origin,
        })
      })
    },

    /** Ends every session of a user but one, at once; answers how many. Whoever asks for it writes the audit entry. */
    endAll: (tx: Tx, userId: string, { reason, except }: { reason: EndReason; except?: string }): Promise<number> =>
      store.revokeSessions(tx, { userId, reason, except, now: clock.systemNow() }),

    /** Removes sessions that ended long ago; answers how many. */
    removeEnded: (): Promise<number> =>
      store.deleteSessionsEndedBefore(database.prisma, after(clock.systemNow(), -endedSessionSeconds)),
  }
}

const isOpen = (session: Session & { user: User }, now: Date): boolean =>
  session.revokedAt === null &&
  session.idleExpiresAt > now &&
  session.absoluteExpiresAt > now &&
  session.user.status === 'ACTIVE'

/** The refusal of a sign-in that has ended: by its owner, an administrator, time or a deactivation. */
export const sessionEnded = () => unauthenticated('SESSION_ENDED', 'This sign-in has ended: log in again.')
const reused = () =>
  unauthenticated(
    'REFRESH_TOKEN_REUSED',
    'This refresh token was used before, so this sign-in was ended on every device that shares it: log in again.',
  )
