import type { Db, Tx } from '../../db/database.ts'
import type { Subscription, User } from '../../db/generated/client.ts'
import type { OneTimeTokenKind } from '../../db/generated/enums.ts'

/** The queries of leaving. */

export const everyMailedKind: readonly OneTimeTokenKind[] = [
  'VERIFY_EMAIL',
  'RESET_PASSWORD',
  'CHANGE_EMAIL',
  'INVITATION',
  'TWO_FACTOR_CHALLENGE',
]

export async function lockActiveUser(tx: Tx, id: string): Promise<User | null> {
  await tx.$queryRaw`SELECT 1 FROM users WHERE id = ${id}::uuid FOR UPDATE`
  return tx.user.findFirst({ where: { id, status: 'ACTIVE' } })
}

export async function deactivate(tx: Tx, id: string, now: Date): Promise<void> {
  await tx.user.update({
    where: { id },
    data: { status: 'DEACTIVATED', deactivatedAt: now, deactivatedBy: 'SELF', version: { increment: 1 } },
  })
}

export type OwnedSubscription = Pick<Subscription, 'id' | 'name' | 'entitlement' | 'retainUntil'>

/** Those that are not over, of organizations that nobody else who is active owns. */
export const findSubscriptionsOnlyOf = (db: Db | Tx, userId: string): Promise<OwnedSubscription[]> =>
  db.subscription.findMany({
    where: {
      entitlement: { not: 'TERMINATED' },
      organization: {
        memberships: {
          some: { userId, role: 'OWNER' },
          none: { userId: { not: userId }, role: 'OWNER', user: { status: 'ACTIVE' } },
        },
      },
    },
    select: { id: true, name: true, entitlement: true, retainUntil: true },
    orderBy: { id: 'asc' },
    take: mostShown,
  })

/** The rest is seen when these are gone. */
const mostShown = 500
