import type { Config } from '../../config/types.ts'
import type { Database } from '../../db/database.ts'
import type { User } from '../../db/generated/client.ts'
import { sessionOf } from '../../http/admission.ts'
import type { Caller, RequestContext } from '../../http/route.ts'
import type { Clock } from '../../lib/clock.ts'
import { forbidden, unauthenticated, unprocessable } from '../../lib/errors.ts'
import { normalizeEmail, type Accounts } from '../accounts/service.ts'
import { recordAudit } from '../audit/service.ts'
import { createLoginDelay } from './login-delay.ts'
import { hashPassword, resemblesEmail, verifyPassword } from './passwords.ts'
import type { Sessions, TokenPair } from './sessions.ts'

/** Signing up, in and out. What is answered never tells whether an address is known. */

export { hashPassword } from './passwords.ts'

type Dependencies = {
  database: Pick<Database, 'transaction'>
  accounts: Pick<Accounts, 'createUser' | 'findByEmail'>
  sessions: Sessions
  clock: Clock
  config: Pick<Config, 'registrationsOpen'>
}
export type Registration = { email: string; password: string; name: string; company?: string }
export type AuthService = ReturnType<typeof createAuthService>

/** Longer than registering takes either way, so that its duration does not tell whether the address was new. */
const registrationMilliseconds = 100
const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

export function createAuthService({ database, accounts, sessions, clock, config }: Dependencies) {
  const delay = createLoginDelay()

  const create = async ({ email, password, name, company }: Registration, origin: RequestContext) => {
    const passwordHash = await hashPassword(password)
    await database.transaction(async (tx) => {
      const user = { email, name, passwordHash, role: 'USER' as const, ...(company !== undefined && { company }) }
      const created = await accounts.createUser(tx, user)
      if (!created) return
      await recordAudit(tx, {
        actorId: created.user.id,
        organizationId: created.organization.id,
        action: 'auth.register',
        targetType: 'user',
        targetId: created.user.id,
        origin,
      })
    })
  }

  const openSession = async (user: User, origin: RequestContext): Promise<TokenPair> => {
    const issued = await database.transaction(async (tx) => {
      const opened = await sessions.open(tx, user.id, origin)
      await recordAudit(tx, {
        actorId: user.id,
        action: 'auth.login',
        targetType: 'session',
        targetId: opened.session.id,
        origin,
      })
      return opened
    })
    return sessions.pairOf(issued)
  }

  return {
    /**
     * Creates a user with a personal organization, or, where the address is taken, nothing: the answer is the same.
     * Throws `unprocessable` for a password that resembles the address, `forbidden` while registration is closed.
     */
    async register(registration: Registration, origin: RequestContext): Promise<void> {
      if (!config.registrationsOpen)
        throw forbidden('REGISTRATION_CLOSED', 'New accounts are made by the administrator here.')
      if (resemblesEmail(registration.password, registration.email)) throw weakPassword()
      await Promise.all([create(registration, origin), wait(registrationMilliseconds)])
    },

    /** Throws `unauthenticated` for an unknown address as for a wrong password, and takes as long for either. */
    async login(
      { email, password }: { email: string; password: string },
      origin: RequestContext,
    ): Promise<{ user: User; tokens: TokenPair }> {
      const address = normalizeEmail(email)
      await wait(delay.before(address, clock.systemNow()))
      const user = await accounts.findByEmail(address)
      if (!(await verifyPassword(password, user?.passwordHash ?? undefined)) || !user) {
        delay.failed(address, clock.systemNow())
        await database.transaction((tx) => recordAudit(tx, { ...refusedLogin(user), origin }))
        throw unauthenticated('INVALID_CREDENTIALS', 'The e-mail address or the password is wrong.')
      }
      delay.succeeded(address)
      if (user.status !== 'ACTIVE')
        throw forbidden('ACCOUNT_DEACTIVATED', 'This account was deactivated: ask the administrator.')
      return { user, tokens: await openSession(user, origin) }
    },

    refresh: (token: string, origin: RequestContext): Promise<TokenPair> => sessions.refresh(token, origin),

    logout: (caller: Caller): Promise<void> => sessions.end(sessionOf(caller), caller.userId, caller),
  }
}

const refusedLogin = (user: User | null) => ({
  action: 'auth.login',
  targetType: 'user',
  result: 'REFUSED' as const,
  ...(user && { targetId: user.id }),
})

const weakPassword = () =>
  unprocessable('PASSWORD_TOO_WEAK', 'The password says little more than the e-mail address: choose another one.', {
    fields: [{ pointer: '/password', detail: 'resembles the e-mail address' }],
  })
