import { randomBytes } from 'node:crypto'
import { conflict } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { recordAudit } from '../audit-trail.ts'
import { constraintOf, type Database } from '../database.ts'

export type FirstAdministrator = { readonly email: string; readonly password?: string }
type HashPassword = (password: string) => Promise<string>

/**
 * Makes the first administrator, with the personal organization that every user has. Returns the password where it made
 * one up: nobody can read it afterwards. Where there is an administrator already it changes nothing, whatever the
 * settings say, so that a password in the environment does not undo one that a person chose.
 */
export async function writeAdministrator(
  database: Database,
  { email, password }: FirstAdministrator,
  hashPassword: HashPassword,
): Promise<string | undefined> {
  if (await hasAdministrator(database)) return undefined
  const made = password === undefined ? randomBytes(15).toString('base64url') : undefined
  const passwordHash = await hashPassword(password ?? made ?? '')
  const [id, organizationId] = [newId(), newId()]
  const name = 'Administrator'
  try {
    await database.transaction(async (tx) => {
      await tx.user.create({
        data: {
          id,
          email: email.toLowerCase(),
          name,
          role: 'ADMINISTRATOR',
          passwordHash,
          emailVerifiedAt: new Date(),
        },
      })
      await tx.organization.create({
        data: { id: organizationId, name, memberships: { create: { userId: id, role: 'OWNER' } } },
      })
      await recordAudit(tx, {
        organizationId,
        action: 'user.create',
        targetType: 'user',
        targetId: id,
        after: { role: 'ADMINISTRATOR' },
        personal: { userId: id, after: { email: email.toLowerCase(), name } },
      })
    })
  } catch (error) {
    if (constraintOf(error) !== 'users_email_key') throw error
    // Another process that started at the same moment was first.
    if (await hasAdministrator(database)) return undefined
    const message = `${email} is the address of a customer, so it cannot become the first administrator's: name another one, for example BERTH_ADMIN_EMAIL=admin@example.com.`
    throw conflict('ADMINISTRATOR_EMAIL', message, { cause: error })
  }
  return made
}

const hasAdministrator = async ({ prisma }: Database): Promise<boolean> =>
  (await prisma.user.findFirst({ where: { role: 'ADMINISTRATOR' }, select: { id: true } })) !== null
