import { Prisma, type Database, type Db, type Tx } from '../../db/database.ts'
import type { RefreshToken, Session, SigningKey, User } from '../../db/generated/client.ts'
import type { SessionOwner } from '../../http/authentication.ts'
import { newId } from '../../lib/ids.ts'
import { auditStatement, type AuditEntry } from '../audit/service.ts'
import type { SeenDevice } from './devices.ts'

/** Every query on sessions, refresh tokens and signing keys. */

const rememberedDevices = 100
/** More sign-ins than anybody has. */
const listedSessions = 200

/** Arbitrary, and the same in every process. */
const signingKeysLock = 7_301_001

export async function lockSigningKeys(tx: Tx): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${signingKeysLock}::bigint)`
}

/** Those that are not retired, in the order in which they become active. */
export const findSigningKeys = (db: Db | Tx, now: Date): Promise<SigningKey[]> =>
  db.signingKey.findMany({
    where: { OR: [{ retiredAt: null }, { retiredAt: { gt: now } }] },
    orderBy: [{ activeFrom: 'asc' }, { id: 'asc' }],
  })

type NewSigningKey = {
  id: string
  algorithm: string
  publicJwk: object
  privateJwkEncrypted: string
  activeFrom: Date
}

export async function insertSigningKey(tx: Tx, key: NewSigningKey): Promise<void> {
  await tx.signingKey.create({ data: key })
}

/** Those without an end get one. */
export async function retireSigningKeys(tx: Tx, retiredAt: Date): Promise<void> {
  await tx.signingKey.updateMany({ where: { retiredAt: null }, data: { retiredAt } })
}

export type SessionRow = SessionOwner & { twoFactor: boolean }

/**
 * Who a session is of, in one query at each request: undefined where the session ended or its user was deactivated.
 * The personal organization comes first.
 */
export async function findSessionOwner(
  database: Pick<Database, 'query'>,
  sessionId: string,
  now: Date,
): Promise<SessionRow | undefined> {
  const [row] = await database.query<{ id: string; role: User['role']; twoFactor: boolean; organizations: string[] }>(
    `SELECT u.id, u.role, f.confirmed_at IS NOT NULL AS "twoFactor",
            array_agg(o.id ORDER BY o.personal DESC, o.id) AS organizations
       FROM sessions s
       JOIN users u ON u.id = s.user_id
       JOIN memberships m ON m.user_id = u.id
       JOIN organizations o ON o.id = m.organization_id
       LEFT JOIN two_factors f ON f.user_id = u.id
      WHERE s.id = $1 AND s.revoked_at IS NULL AND s.absolute_expires_at > $2 AND u.status = 'ACTIVE'
      GROUP BY u.id, f.user_id`,
    [sessionId, now],
  )
  const [organizationId] = row?.organizations ?? []
  if (!row || organizationId === undefined) return undefined
  const { id: userId, role, twoFactor, organizations: organizationIds } = row
  return { userId, role, twoFactor, organizationIds, organizationId }
}

export type NewSession = Pick<
  Session,
  'id' | 'userAgent' | 'ipAddress' | 'lastUsedAt' | 'idleExpiresAt' | 'absoluteExpiresAt'
>

/**
 * A session with its first token, when its user was last seen, and the entry in the audit trail: one statement, which
 * needs no transaction around it, because logins come in hundreds. False where the user is not active, or no longer has
 * that password where one is given.
 */
export async function insertSession(
  db: Db | Tx,
  { id, userAgent, ipAddress, lastUsedAt: now, idleExpiresAt, absoluteExpiresAt }: NewSession,
  { owner, tokenHash, audit }: { owner: SessionUser; tokenHash: TokenHash; audit: AuditEntry },
): Promise<boolean> {
  const opened = await db.$queryRaw<{ id: string }[]>`
    WITH owner AS (${isNoted(owner.lastSeenAt, now) ? lockOwner(owner) : noteOwner(owner, now)}),
    opened AS (
      INSERT INTO sessions
        (id, user_id, user_agent, ip_address, last_used_at, idle_expires_at, absolute_expires_at, created_at)
      SELECT ${id}::uuid, id, ${userAgent}, ${ipAddress}, ${now}, ${idleExpiresAt}, ${absoluteExpiresAt}, ${now}
        FROM owner
      RETURNING id
    ), first_token AS (
      INSERT INTO refresh_tokens (id, session_id, token_hash, created_at)
      SELECT ${newId()}::uuid, id, ${tokenHash}, ${now} FROM opened
    ), recorded AS (${auditStatement(audit, { from: 'opened' })})
    SELECT id FROM opened`
  return opened.length > 0
}

/** Whom a session is for, with the password that was checked, where one was, and when they were last seen. */
export type SessionUser = { id: string; passwordHash?: string; lastSeenAt?: Date | null }

/** Noting it writes to every index of a table of a million rows: once a minute is all that anybody asks of it. */
const seenPrecisionMilliseconds = 60_000
const isNoted = (lastSeenAt: Date | null | undefined, now: Date) =>
  !!lastSeenAt && now.getTime() - lastSeenAt.getTime() < seenPrecisionMilliseconds

const isStill = ({ id, passwordHash }: SessionUser) => Prisma.sql`id = ${id}::uuid AND status = 'ACTIVE'
  ${passwordHash === undefined ? Prisma.empty : Prisma.sql`AND password_hash = ${passwordHash}`}`
/** Either way the row is locked: a deactivation comes before the session or ends it. */
const lockOwner = (owner: SessionUser) => Prisma.sql`SELECT id FROM users WHERE ${isStill(owner)} FOR SHARE`
const noteOwner = (owner: SessionUser, now: Date) =>
  Prisma.sql`UPDATE users SET last_seen_at = ${now} WHERE ${isStill(owner)} RETURNING id`

/**
 * Where the user of a row `u` signed in from lately, as JSON: enough to know a device again. For the statements that
 * read who is logging in.
 */
export const seenDevicesColumn = `
  (SELECT coalesce(json_agg(DISTINCT jsonb_build_object('userAgent', user_agent, 'ipAddress', ip_address)), '[]')
     FROM (SELECT user_agent, ip_address FROM sessions
            WHERE user_id = u.id ORDER BY created_at DESC LIMIT ${rememberedDevices}) AS latest) AS "seenDevices"`

/** The same on its own. */
export async function findSeenDevices(tx: Tx, userId: string): Promise<SeenDevice[]> {
  const [row] = await tx.$queryRaw<{ seenDevices: SeenDevice[] }[]>`
    SELECT ${Prisma.raw(seenDevicesColumn)} FROM users u WHERE u.id = ${userId}::uuid`
  return row?.seenDevices ?? []
}

const openAt = (now: Date) => ({ revokedAt: null, idleExpiresAt: { gt: now }, absoluteExpiresAt: { gt: now } })

/** Those that can still be refreshed, the last used first. */
export const findOpenSessions = (db: Db, userId: string, now: Date): Promise<Session[]> =>
  db.session.findMany({
    where: { userId, ...openAt(now) },
    orderBy: [{ lastUsedAt: 'desc' }, { id: 'desc' }],
    take: listedSessions,
  })

/** Whether there was such an open session of that user. */
export async function revokeOwnSession(
  tx: Tx,
  { id, userId, reason, now }: { id: string; userId: string; reason: string; now: Date },
): Promise<boolean> {
  const { count } = await tx.session.updateMany({
    where: { id, userId, ...openAt(now) },
    data: { revokedAt: now, revokedReason: reason },
  })
  return count > 0
}

/** All of a user's but one; answers how many were open. */
export async function revokeSessions(
  tx: Tx,
  { userId, reason, except, now }: { userId: string; reason: string; except: string | undefined; now: Date },
): Promise<number> {
  const { count } = await tx.session.updateMany({
    where: { userId, revokedAt: null, ...(except !== undefined && { id: { not: except } }) },
    data: { revokedAt: now, revokedReason: reason },
  })
  return count
}

/** Bytes as Prisma takes them. */
export type TokenHash = Uint8Array<ArrayBuffer>

export async function insertRefreshToken(
  tx: Tx,
  token: { sessionId: string; tokenHash: TokenHash; createdAt: Date },
): Promise<RefreshToken> {
  return tx.refreshToken.create({ data: { id: newId(), ...token } })
}

export const findRefreshToken = (tx: Tx, tokenHash: TokenHash): Promise<RefreshToken | null> =>
  tx.refreshToken.findUnique({ where: { tokenHash } })

export const findFirstRefreshToken = (tx: Tx, tokenHashes: TokenHash[]): Promise<RefreshToken | null> =>
  tx.refreshToken.findFirst({ where: { tokenHash: { in: tokenHashes } } })

export async function markRotated(tx: Tx, id: string, rotatedAt: Date): Promise<void> {
  await tx.refreshToken.update({ where: { id }, data: { rotatedAt } })
}

/** The session and its user, its row locked: refreshes of one session happen one after the other. */
export async function lockSession(tx: Tx, id: string): Promise<(Session & { user: User }) | null> {
  await tx.$queryRaw`SELECT 1 FROM sessions WHERE id = ${id}::uuid FOR UPDATE`
  return tx.session.findUnique({ where: { id }, include: { user: true } })
}

export async function touchSession(
  tx: Tx,
  { id, user }: Pick<Session, 'id'> & { user: Pick<User, 'id' | 'lastSeenAt'> },
  used: Pick<Session, 'lastUsedAt' | 'idleExpiresAt'>,
): Promise<void> {
  await tx.session.update({ where: { id }, data: used })
  if (isNoted(user.lastSeenAt, used.lastUsedAt)) return
  await tx.user.update({ where: { id: user.id }, data: { lastSeenAt: used.lastUsedAt } })
}

/** Whether it was still open. */
export async function revokeSession(tx: Tx, id: string, reason: string, now: Date): Promise<boolean> {
  const { count } = await tx.session.updateMany({
    where: { id, revokedAt: null },
    data: { revokedAt: now, revokedReason: reason },
  })
  return count > 0
}

/** Removes the sessions that ended before, with their tokens; answers how many. */
export async function deleteSessionsEndedBefore(db: Db | Tx, time: Date): Promise<number> {
  const { count } = await db.session.deleteMany({
    where: { OR: [{ absoluteExpiresAt: { lt: time } }, { idleExpiresAt: { lt: time } }, { revokedAt: { lt: time } }] },
  })
  return count
}
