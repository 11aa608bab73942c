import { constraintOf, type Database, type Db, type Tx } from '../../db/database.ts'
import type { MembershipRole, Session, User } from '../../db/generated/client.ts'
import { newId } from '../../lib/ids.ts'
import { findPage, type ListedUser, type UserFilter, type UserPage } from './find-users.ts'

/** Every query that an administrator's requests make on users. */

type Queries = Pick<Database, 'search'>

export const listUsers = (database: Queries, filter: UserFilter, page: UserPage): Promise<ListedUser[]> =>
  findPage(({ sql, values }) => database.search<ListedUser>(sql, values), filter, page)

export const findUser = (db: Db | Tx, id: string): Promise<User | null> => db.user.findUnique({ where: { id } })

/** Takes the row for the rest of the transaction, so that two changes of one user follow each other. */
export async function lockUser(tx: Tx, id: string): Promise<User | null> {
  await tx.$queryRaw`SELECT 1 FROM users WHERE id = ${id}::uuid FOR UPDATE`
  return findUser(tx, id)
}

/** What a change of role or status may break. */
const lastAdministrator = 'users_last_administrator'
export const breaksLastAdministrator = (error: unknown): boolean => constraintOf(error) === lastAdministrator

export type UserChange = Partial<
  Pick<
    User,
    | 'email'
    | 'name'
    | 'company'
    | 'phone'
    | 'locale'
    | 'timeZone'
    | 'role'
    | 'status'
    | 'passwordHash'
    | 'emailVerifiedAt'
    | 'lastSeenAt'
    | 'invitedAt'
    | 'deactivatedAt'
    | 'deactivatedBy'
    | 'deletedAt'
  >
>

/** Raises the version: who changes a user sees it. */
export const updateUser = (tx: Tx, id: string, change: UserChange, now: Date): Promise<User> =>
  tx.user.update({ where: { id }, data: { ...change, version: { increment: 1 }, updatedAt: now } })

export type UserParts = {
  twoFactor: boolean
  openSessions: number
  liveSubscriptions: number
  organizations: { id: string; name: string; role: MembershipRole }[]
}

export async function findParts(db: Db | Tx, id: string, now: Date): Promise<UserParts> {
  const [twoFactor, openSessions, memberships] = await Promise.all([
    db.twoFactor.count({ where: { userId: id, confirmedAt: { not: null } } }),
    db.session.count({ where: { userId: id, ...isOpen(now) } }),
    db.membership.findMany({
      where: { userId: id },
      select: { role: true, organization: { select: { id: true, name: true } } },
      orderBy: { organizationId: 'asc' },
    }),
  ])
  const owned = memberships.filter(({ role }) => role === 'OWNER').map(({ organization }) => organization.id)
  const liveSubscriptions = await db.subscription.count({ where: livingOf(owned) })
  return {
    twoFactor: twoFactor > 0,
    openSessions,
    liveSubscriptions,
    organizations: memberships.map(({ role, organization }) => ({ ...organization, role })),
  }
}

const livingOf = (organizationIds: string[]) => ({
  organizationId: { in: organizationIds },
  entitlement: { not: 'TERMINATED' as const },
})

/** The living subscriptions of the organizations that a user owns: how many, and the first ones. */
export async function findLiveSubscriptions(
  tx: Tx,
  userId: string,
  atMost: number,
): Promise<{ count: number; first: { id: string; name: string }[] }> {
  const owned = await tx.membership.findMany({
    where: { userId, role: 'OWNER' },
    select: { organizationId: true },
  })
  const where = livingOf(owned.map(({ organizationId }) => organizationId))
  const count = await tx.subscription.count({ where })
  const first = await tx.subscription.findMany({
    where,
    select: { id: true, name: true },
    orderBy: { createdAt: 'asc' },
    take: atMost,
  })
  return { count, first }
}

const isOpen = (now: Date) => ({ revokedAt: null, idleExpiresAt: { gt: now }, absoluteExpiresAt: { gt: now } })

export const listOpenSessions = (
  db: Db,
  userId: string,
  { now, limit, after }: { now: Date; limit: number; after: { createdAt: Date; id: string } | undefined },
): Promise<Session[]> =>
  db.session.findMany({
    where: {
      AND: [
        { userId, ...isOpen(now) },
        after
          ? { OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }] }
          : {},
      ],
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit + 1,
  })

/** Answers how many were open. Their access tokens stop with them. */
export async function revokeSessions(tx: Tx, userId: string, reason: string, now: Date): Promise<number> {
  const { count } = await tx.session.updateMany({
    where: { userId, ...isOpen(now) },
    data: { revokedAt: now, revokedReason: reason },
  })
  return count
}

/** Takes away everything that still opens the account but its password: sessions, access tokens, mailed links. */
export async function revokeAccess(tx: Tx, userId: string, reason: string, now: Date): Promise<void> {
  await revokeSessions(tx, userId, reason, now)
  await tx.accessToken.updateMany({ where: { userId, revokedAt: null }, data: { revokedAt: now } })
  await removeOneTimeTokens(tx, userId)
}

export async function removeOneTimeTokens(tx: Tx, userId: string): Promise<void> {
  await tx.oneTimeToken.deleteMany({ where: { userId } })
}

/** An invitation takes the place of every earlier one. */
export async function insertInvitation(
  tx: Tx,
  {
    userId,
    tokenHash,
    expiresAt,
    now,
  }: { userId: string; tokenHash: Uint8Array<ArrayBuffer>; expiresAt: Date; now: Date },
): Promise<void> {
  await tx.oneTimeToken.deleteMany({ where: { userId, kind: 'INVITATION' } })
  await tx.oneTimeToken.create({
    data: { id: newId(), kind: 'INVITATION', userId, tokenHash, expiresAt, createdAt: now },
  })
}

/** Every row that says who somebody was, but the user's own. That one must be marked as deleted already. */
export async function removePersonalRows(tx: Tx, userId: string, name: string): Promise<void> {
  const own = { where: { userId } }
  await tx.session.deleteMany(own)
  await tx.oneTimeToken.deleteMany(own)
  await tx.twoFactor.deleteMany(own)
  await tx.recoveryCode.deleteMany(own)
  await tx.accessToken.deleteMany(own)
  await tx.notification.deleteMany(own)
  await tx.auditPersonalValues.deleteMany(own)
  await tx.idempotencyKey.deleteMany({ where: { callerId: userId } })
  await tx.organization.updateMany({
    where: { personal: true, memberships: { some: { userId, role: 'OWNER' } } },
    data: { name, billingName: null, billingAddress: null, country: null, vatId: null },
  })
}
