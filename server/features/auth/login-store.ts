import type { Database } from '../../db/database.ts'
import type { User } from '../../db/generated/client.ts'
import type { SeenDevice } from './devices.ts'
import { seenDevicesColumn } from './store.ts'

export type LoginRow = Pick<User, 'id' | 'email' | 'status' | 'passwordHash' | 'lastSeenAt'> & {
  emailVerified: boolean
  /** Whether a confirmed second factor is asked for. */
  twoFactor: boolean
  seenDevices: SeenDevice[]
}

/** All that logging in must know of an address, in one query by the index on lower(email). */
export async function findForLogin(database: Pick<Database, 'query'>, email: string): Promise<LoginRow | undefined> {
  const [row] = await database.query<LoginRow>(
    `SELECT u.id, u.email, u.status, u.password_hash AS "passwordHash", u.last_seen_at AS "lastSeenAt",
            u.email_verified_at IS NOT NULL AS "emailVerified", f.confirmed_at IS NOT NULL AS "twoFactor",
            ${seenDevicesColumn}
       FROM users u LEFT JOIN two_factors f ON f.user_id = u.id
      WHERE lower(u.email) = $1`,
    [email],
  )
  return row
}
