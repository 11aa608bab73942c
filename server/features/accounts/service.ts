import type { Config } from '../../config/types.ts'
import type { Database, Tx } from '../../db/database.ts'
import type { Organization, User } from '../../db/generated/client.ts'
import { versionChanged } from '../../http/etag.ts'
import type { Caller } from '../../http/route.ts'
import type { Clock } from '../../lib/clock.ts'
import { notFound } from '../../lib/errors.ts'
import { recordAudit } from '../audit/service.ts'
import { createCredentials } from './credentials.ts'
import * as store from './store.ts'

/** Users, and the organization that each of them gets. */

export { breaksAddress } from './credentials-store.ts'

type Dependencies = {
  database: Pick<Database, 'prisma' | 'transaction'>
  clock: Clock
  /** What a new organization may have; no limits where absent. */
  config?: Pick<Config, 'defaultLimits'>
}
export type Accounts = ReturnType<typeof createAccounts>

export function createAccounts({ database, clock, config }: Dependencies) {
  /** The organization that every user gets on registering: owner of what they subscribe to. */
  const createPersonalOrganization = (tx: Tx, user: Pick<User, 'id' | 'name'>): Promise<Organization> =>
    store.insertPersonalOrganization(tx, user, { now: clock.systemNow(), limits: config?.defaultLimits ?? {} })

  const credentials = createCredentials({ clock })
  return {
    ...credentials,

    createPersonalOrganization,

    /** A user with a personal organization; undefined where the address is taken. */
    async createUser(tx: Tx, user: store.NewUser): Promise<{ user: User; organization: Organization } | undefined> {
      const created = await store.insertUser(tx, { ...user, email: normalizeEmail(user.email) }, clock.systemNow())
      if (!created) return undefined
      return { user: created, organization: await createPersonalOrganization(tx, created) }
    },

    findByEmail: (email: string): Promise<User | null> => store.findUserByEmail(database.prisma, normalizeEmail(email)),

    /** The caller's own profile. */
    async profile(caller: Caller): Promise<User> {
      return (await store.findUser(database.prisma, caller.userId)) ?? gone()
    },

    /** Merges the change. Throws `preconditionFailed` where the profile is no longer in the expected version. */
    async updateProfile(
      caller: Caller,
      change: store.ProfileChange,
      expectedVersion: number | undefined,
    ): Promise<User> {
      return database.transaction(async (tx) => {
        // Locked: what the trail says was there before is what this change replaced, also of two at once.
        const before = (await credentials.lock(tx, caller.userId)) ?? gone()
        const now = clock.systemNow()
        const after = await store.updateProfile(tx, { id: caller.userId, expectedVersion, now }, change)
        if (!after) throw versionChanged()
        await recordAudit(tx, {
          actorId: caller.userId,
          action: 'account.update',
          targetType: 'user',
          targetId: caller.userId,
          before: shownOf(before),
          after: shownOf(after),
          personal: { userId: caller.userId, before: personalOf(before), after: personalOf(after) },
          origin: caller,
        })
        return after
      })
    },
  }
}

/** One person, one address: letter case does not tell two people apart, although RFC 5321 lets it. */
export const normalizeEmail = (email: string): string => email.trim().toLowerCase()

const shownOf = ({ locale, timeZone }: User) => ({ locale, timeZone })
const personalOf = ({ name, company, phone }: User) => ({ name, company, phone })

const gone = (): never => {
  throw notFound('USER_NOT_FOUND', 'This account no longer exists.')
}
