import type { Db, Tx } from '../../db/database.ts'
import type { OneTimeToken, User } from '../../db/generated/client.ts'
import type { OneTimeTokenKind } from '../../db/generated/enums.ts'
import { newId } from '../../lib/ids.ts'
import type { TokenHash } from './store.ts'

/** Every query on one-time tokens. */

type NewToken = Pick<OneTimeToken, 'kind' | 'userId' | 'email' | 'createdAt' | 'expiresAt'> & { tokenHash: TokenHash }

export async function insertToken(tx: Tx, token: NewToken): Promise<string> {
  const id = newId()
  await tx.oneTimeToken.create({ data: { id, ...token } })
  return id
}

/** Serialises what two requests of one person would both do. Rows that refer to the user can be written meanwhile. */
export async function lockUser(tx: Tx, userId: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM users WHERE id = ${userId}::uuid FOR NO KEY UPDATE`
}

/** One statement: of two that use the same token at once, one gets it. */
export async function useToken(
  tx: Tx,
  { kind, tokenHash, now }: { kind: OneTimeTokenKind; tokenHash: TokenHash; now: Date },
): Promise<OneTimeToken | undefined> {
  const [used] = await tx.oneTimeToken.updateManyAndReturn({
    where: { tokenHash, kind, usedAt: null, expiresAt: { gt: now } },
    data: { usedAt: now },
  })
  return used
}

export async function endTokens(tx: Tx, userId: string, kinds: readonly OneTimeTokenKind[], now: Date): Promise<void> {
  await tx.oneTimeToken.updateMany({
    where: { userId, kind: { in: [...kinds] }, usedAt: null },
    data: { usedAt: now },
  })
}

/** Whether a challenge can still be answered: not used, not too old, and with fewer wrong codes than it may have. */
export async function isOpenChallenge(
  tx: Tx,
  { tokenHash, now, most }: { tokenHash: TokenHash; now: Date; most: number },
): Promise<boolean> {
  const open = { kind: 'TWO_FACTOR_CHALLENGE', usedAt: null, expiresAt: { gt: now }, attempts: { lt: most } } as const
  return (await tx.oneTimeToken.count({ where: { tokenHash, ...open } })) > 0
}

export async function countWrongCode(tx: Tx, tokenHash: TokenHash): Promise<void> {
  await tx.oneTimeToken.update({ where: { tokenHash }, data: { attempts: { increment: 1 } } })
}

/** How many wrong codes were sent with the challenges that a user was given since. */
export async function wrongCodesSince(tx: Tx, userId: string, since: Date): Promise<number> {
  const { _sum } = await tx.oneTimeToken.aggregate({
    where: { userId, kind: 'TWO_FACTOR_CHALLENGE', createdAt: { gte: since } },
    _sum: { attempts: true },
  })
  return _sum.attempts ?? 0
}

/** Removes what could not be used since before then; answers how many. */
export async function deleteTokensEndedBefore(db: Db | Tx, time: Date): Promise<number> {
  const { count } = await db.oneTimeToken.deleteMany({ where: { expiresAt: { lt: time } } })
  return count
}

/** Whose challenge it is, whatever became of it. */
export async function ownerOf(db: Db, tokenHash: TokenHash): Promise<string | undefined> {
  const row = await db.oneTimeToken.findUnique({ where: { tokenHash }, select: { userId: true } })
  return row?.userId
}

/** Who a link that still works was sent to. */
export async function findTokenOwner(
  db: Db,
  { kind, tokenHash, now }: { kind: OneTimeTokenKind; tokenHash: TokenHash; now: Date },
): Promise<User | undefined> {
  const row = await db.oneTimeToken.findFirst({
    where: { kind, tokenHash, usedAt: null, expiresAt: { gt: now } },
    select: { user: true },
  })
  return row?.user
}
