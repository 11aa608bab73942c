import type { Config } from '../../config/types.ts'
import type { Db, Tx } from '../../db/database.ts'
import type { Organization, User } from '../../db/generated/client.ts'
import { newId } from '../../lib/ids.ts'

/** Every query on users, organizations and memberships. */

export type NewUser = {
  /** Normalised: lower case. */
  email: string
  name: string
  /** Null until an invitation is accepted. */
  passwordHash: string | null
  role: User['role']
  company?: string
  locale?: string
  timeZone?: string
}

/** Undefined where the address is taken; the transaction goes on. */
export async function insertUser(tx: Tx, user: NewUser, now: Date): Promise<User | undefined> {
  const id = newId()
  const { count } = await tx.user.createMany({
    data: { id, ...user, createdAt: now, updatedAt: now },
    skipDuplicates: true,
  })
  return count === 0 ? undefined : tx.user.findUniqueOrThrow({ where: { id } })
}

export async function insertPersonalOrganization(
  tx: Tx,
  user: Pick<User, 'id' | 'name'>,
  { now, limits }: { now: Date; limits: Config['defaultLimits'] },
): Promise<Organization> {
  return tx.organization.create({
    data: {
      id: newId(),
      name: user.name,
      personal: true,
      ...limits,
      createdAt: now,
      updatedAt: now,
      memberships: { create: { userId: user.id, role: 'OWNER', createdAt: now } },
    },
  })
}

export const findUser = (db: Db | Tx, id: string): Promise<User | null> => db.user.findUnique({ where: { id } })

/** By the index on lower(email), which is also what keeps an address from being taken twice. */
export async function findUserByEmail(db: Db | Tx, email: string): Promise<User | null> {
  const [found] = await db.$queryRaw<{ id: string }[]>`SELECT id FROM users WHERE lower(email) = ${email}`
  return found ? findUser(db, found.id) : null
}

export type ProfileChange = Partial<Pick<User, 'name' | 'company' | 'phone' | 'locale' | 'timeZone'>>

/** Undefined where the user is gone or no longer in the expected version. */
export async function updateProfile(
  tx: Tx,
  { id, expectedVersion, now }: { id: string; expectedVersion: number | undefined; now: Date },
  change: ProfileChange,
): Promise<User | undefined> {
  const [user] = await tx.user.updateManyAndReturn({
    where: { id, ...(expectedVersion !== undefined && { version: expectedVersion }) },
    data: { ...change, version: { increment: 1 }, updatedAt: now },
  })
  return user
}
