import type { Db } from '../../db/database.ts'

/** The queries of a data export: columns that say something of the person, and none that opens anything. */

export type Page = { after: string | undefined; size: number }

const pageOf = ({ after, size }: Page) => ({
  orderBy: { id: 'asc' as const },
  take: size,
  ...(after !== undefined && { cursor: { id: after }, skip: 1 }),
})

const profileColumns = {
  id: true,
  email: true,
  name: true,
  company: true,
  phone: true,
  locale: true,
  timeZone: true,
  role: true,
  status: true,
  emailVerifiedAt: true,
  lastSeenAt: true,
  invitedAt: true,
  createdAt: true,
  updatedAt: true,
} as const

export async function findPerson(db: Db, userId: string) {
  const { memberships, twoFactor, recoveryCodes, ...profile } = await db.user.findUniqueOrThrow({
    where: { id: userId },
    select: {
      ...profileColumns,
      memberships: { select: { role: true, organization: true } },
      twoFactor: { select: { confirmedAt: true } },
      recoveryCodes: { where: { usedAt: null }, select: { id: true } },
    },
  })
  const enabledAt = twoFactor?.confirmedAt ?? null
  return { profile, organizations: memberships, twoFactor: { enabledAt, recoveryCodesLeft: recoveryCodes.length } }
}

export const findSessions = (db: Db, userId: string, page: Page) =>
  db.session.findMany({
    where: { userId },
    select: {
      id: true,
      userAgent: true,
      ipAddress: true,
      createdAt: true,
      lastUsedAt: true,
      revokedAt: true,
      revokedReason: true,
    },
    ...pageOf(page),
  })

export const findAccessTokens = (db: Db, userId: string, page: Page) =>
  db.accessToken.findMany({
    where: { userId },
    select: {
      id: true,
      name: true,
      hint: true,
      scopes: true,
      createdAt: true,
      expiresAt: true,
      revokedAt: true,
      lastUsedAt: true,
      lastIpAddress: true,
    },
    ...pageOf(page),
  })

/** Without those that confirm a new address: none is sent to one that is taken, so that they would tell who has an account. */
export const findMails = (db: Db, userId: string, page: Page) =>
  db.notification.findMany({
    where: { userId, kind: { not: 'confirm-new-email' } },
    select: { id: true, kind: true, recipient: true, state: true, createdAt: true, sentAt: true },
    ...pageOf(page),
  })

export const findSubscriptions = (db: Db, organizationIds: readonly string[], page: Page) =>
  db.subscription.findMany({
    where: { organizationId: { in: [...organizationIds] } },
    select: {
      id: true,
      name: true,
      service: { select: { slug: true, name: true } },
      planVersion: { select: { plan: { select: { slug: true, name: true } }, currency: true, interval: true } },
      entitlement: true,
      createdAt: true,
      firstReadyAt: true,
      canceledAt: true,
      retainUntil: true,
      terminatedAt: true,
    },
    ...pageOf(page),
  })

export const findOperations = (db: Db, organizationIds: readonly string[], page: Page) =>
  db.operation.findMany({
    where: { organizationId: { in: [...organizationIds] } },
    select: {
      id: true,
      kind: true,
      state: true,
      subscriptionId: true,
      cause: true,
      createdAt: true,
      startedAt: true,
      finishedAt: true,
    },
    ...pageOf(page),
  })

/** What the person did; what others did to them is the others' to tell, and so is what it says of others. */
export async function findAuditTrail(db: Db, userId: string, page: Page) {
  const rows = await db.auditEvent.findMany({
    where: { actorId: userId },
    select: {
      id: true,
      action: true,
      targetType: true,
      targetId: true,
      before: true,
      after: true,
      ipAddress: true,
      userAgent: true,
      result: true,
      createdAt: true,
      personalValues: { select: { userId: true, before: true, after: true } },
    },
    ...pageOf(page),
  })
  return rows.map(({ personalValues, ...row }) => {
    if (personalValues?.userId !== userId) return row
    const { before, after } = personalValues
    return { ...row, personal: { before, after } }
  })
}
