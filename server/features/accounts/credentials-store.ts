import { constraintOf, type Tx } from '../../db/database.ts'
import type { User } from '../../db/generated/client.ts'

/** The queries on what a user signs in with. What the profile shows raises its version. */

export async function lockUser(tx: Tx, id: string): Promise<User | undefined> {
  await tx.$queryRaw`SELECT 1 FROM users WHERE id = ${id}::uuid FOR NO KEY UPDATE`
  return (await tx.user.findUnique({ where: { id } })) ?? undefined
}

export async function setPassword(tx: Tx, id: string, passwordHash: string, now: Date): Promise<void> {
  await tx.user.update({ where: { id }, data: { passwordHash, updatedAt: now } })
}

export async function confirmEmail(tx: Tx, id: string, now: Date): Promise<boolean> {
  const { count } = await tx.user.updateMany({
    where: { id, emailVerifiedAt: null },
    data: { emailVerifiedAt: now, version: { increment: 1 }, updatedAt: now },
  })
  return count > 0
}

/** Checked in the statement, so that a taken address does not end the transaction; the index decides between two. */
export async function changeEmail(tx: Tx, id: string, email: string, now: Date): Promise<boolean> {
  const changed = await tx.$executeRaw`
    UPDATE users
       SET email = ${email}, email_verified_at = ${now}, version = version + 1, updated_at = ${now}
     WHERE id = ${id}::uuid AND NOT EXISTS (SELECT 1 FROM users WHERE lower(email) = ${email} AND id <> ${id}::uuid)`
  return changed > 0
}

/** Whether a write failed because another account has the address. */
export const breaksAddress = (error: unknown): boolean => constraintOf(error) === 'users_email_key'

/** Those that were made before then stop at once. */
export async function endAccessTokens(
  tx: Tx,
  userId: string,
  { madeBefore, now }: { madeBefore: Date; now: Date },
): Promise<void> {
  await tx.accessToken.updateMany({
    where: { userId, revokedAt: null, createdAt: { lte: madeBefore } },
    data: { revokedAt: now },
  })
}

export async function rename(tx: Tx, id: string, name: string, now: Date): Promise<void> {
  await tx.user.update({ where: { id }, data: { name, version: { increment: 1 }, updatedAt: now } })
}
