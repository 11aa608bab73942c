import type { Db, Tx } from '../../../db/database.ts'
import type { TwoFactor } from '../../../db/generated/client.ts'
import { newId } from '../../../lib/ids.ts'
import type { TokenHash } from '../store.ts'

/** Every query on second factors and recovery codes. */

export const findTwoFactor = (db: Db | Tx, userId: string): Promise<TwoFactor | null> =>
  db.twoFactor.findUnique({ where: { userId } })

/** The row locked: of two requests with the same code, the second one finds it used. */
export async function lockTwoFactor(tx: Tx, userId: string): Promise<TwoFactor | null> {
  await tx.$queryRaw`SELECT 1 FROM two_factors WHERE user_id = ${userId}::uuid FOR UPDATE`
  return findTwoFactor(tx, userId)
}

/** In the place of an enrolment that was never confirmed. */
export async function putTwoFactor(
  tx: Tx,
  { userId, secretEncrypted, createdAt }: Pick<TwoFactor, 'userId' | 'secretEncrypted' | 'createdAt'>,
): Promise<void> {
  const enrolled = { secretEncrypted, createdAt, confirmedAt: null, lastUsedStep: null }
  await tx.twoFactor.upsert({ where: { userId }, create: { userId, ...enrolled }, update: enrolled })
}

export async function noteStep(
  tx: Tx,
  userId: string,
  { lastUsedStep, confirmedAt }: { lastUsedStep: bigint; confirmedAt?: Date },
): Promise<void> {
  await tx.twoFactor.update({ where: { userId }, data: { lastUsedStep, ...(confirmedAt && { confirmedAt }) } })
}

export async function deleteTwoFactor(tx: Tx, userId: string): Promise<void> {
  await tx.recoveryCode.deleteMany({ where: { userId } })
  await tx.twoFactor.deleteMany({ where: { userId } })
}

export async function replaceRecoveryCodes(
  tx: Tx,
  userId: string,
  codeHashes: readonly TokenHash[],
  createdAt: Date,
): Promise<void> {
  await tx.recoveryCode.deleteMany({ where: { userId } })
  await tx.recoveryCode.createMany({
    data: codeHashes.map((codeHash) => ({ id: newId(), userId, codeHash, createdAt })),
  })
}

/** Whether it was there and unused. */
export async function useRecoveryCode(tx: Tx, userId: string, codeHash: TokenHash, usedAt: Date): Promise<boolean> {
  const { count } = await tx.recoveryCode.updateMany({ where: { userId, codeHash, usedAt: null }, data: { usedAt } })
  return count > 0
}

export const countRecoveryCodes = (db: Db | Tx, userId: string): Promise<number> =>
  db.recoveryCode.count({ where: { userId, usedAt: null } })
