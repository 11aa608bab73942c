import type { Config } from '../../config/types.ts'
import type { Database, Tx } from '../../db/database.ts'
import type { User } from '../../db/generated/client.ts'
import type { Caller, RequestContext } from '../../http/route.ts'
import type { Clock } from '../../lib/clock.ts'
import { notFound } from '../../lib/errors.ts'
import { breaksAddress, normalizeEmail, type Accounts } from '../accounts/service.ts'
import { recordAudit } from '../audit/service.ts'
import type { Notifications } from '../notifications/service.ts'
import { deviceOf } from './devices.ts'
import { evenly } from './even-time.ts'
import type { AccountLinks } from './links.ts'
import { mayMailAgain } from './mail-limit.ts'
import type { NewPassword } from './new-password.ts'
import { linkInvalid, type OneTimeTokens } from './one-time-tokens.ts'
import type { PasswordPolicy } from './password-policy.ts'
import { hashPassword } from './passwords.ts'
import { assertDomain } from './registration.ts'

/** What a person who is signed in changes of how they sign in. Who they are has been proven once more before. */

type Dependencies = {
  database: Pick<Database, 'transaction'>
  accounts: Pick<Accounts, 'profile' | 'findByEmail' | 'lock' | 'changeEmail'>
  oneTimeTokens: OneTimeTokens
  newPassword: Pick<NewPassword, 'set'>
  policy: Pick<PasswordPolicy, 'demand'>
  notifications: Pick<Notifications, 'send'>
  links: AccountLinks
  clock: Clock
  config: Pick<Config, 'registrationDomains'>
}

const emailChangeMilliseconds = 100

export function createOwnCredentials(dependencies: Dependencies) {
  const { database, accounts, oneTimeTokens, newPassword, policy, notifications, links, clock, config } = dependencies

  const entryOf = (verb: string, user: Pick<User, 'id'>, origin: RequestContext) => ({
    actorId: user.id,
    action: `auth.${verb}`,
    targetType: 'user',
    targetId: user.id,
    origin,
  })

  const sendConfirmation = async (tx: Tx, user: Pick<User, 'id'>, address: string) => {
    if (!(await mayMailAgain(tx, address, 'confirm-new-email', clock.systemNow()))) return
    const { token, expiresAt } = await oneTimeTokens.issue(tx, 'CHANGE_EMAIL', user.id, { email: address })
    const data = { link: links.confirmEmail(token), expiresAt: expiresAt.toISOString() }
    await notifications.send(tx, { userId: user.id, email: address }, { kind: 'confirm-new-email', data })
  }

  const confirmNewAddress = async (tx: Tx, token: string, origin: RequestContext): Promise<void> => {
    const { userId, email } = await oneTimeTokens.redeem(tx, 'CHANGE_EMAIL', token)
    const user = await accounts.lock(tx, userId)
    if (user?.status !== 'ACTIVE' || email === null) throw linkInvalid()
    if (!(await accounts.changeEmail(tx, userId, email))) throw linkInvalid()
    // What was mailed to the old address is not its owner's any more.
    await oneTimeTokens.end(tx, userId, ['RESET_PASSWORD', 'VERIFY_EMAIL'])
    const mail = {
      kind: 'email-changed' as const,
      data: { newEmail: email, ...deviceOf(origin, clock.systemNow()) },
    }
    for (const recipient of [user.email, email]) await notifications.send(tx, { userId, email: recipient }, mail)
    await recordAudit(tx, {
      ...entryOf('confirm-email', user, origin),
      personal: { userId, before: { email: user.email }, after: { email } },
    })
  }

  return {
    /** The other sign-ins end; the one that asks goes on. Throws `unprocessable` for one that is easy to guess. */
    async changePassword(caller: Caller, sessionId: string, password: string): Promise<void> {
      await policy.demand(password, await accounts.profile(caller), '/newPassword')
      const passwordHash = await hashPassword(password)
      await database.transaction(async (tx) => {
        const user = (await accounts.lock(tx, caller.userId)) ?? gone()
        const change = { passwordHash, reason: 'PASSWORD_CHANGED', exceptSession: sessionId } as const
        await newPassword.set(tx, user, change, caller)
        await recordAudit(tx, entryOf('change-password', user, caller))
      })
    },

    /**
     * Mails a link to the new address, and word of it to the present one. Where the new address has an account, only
     * the word: the caller does not learn it, nor from how long it takes.
     */
    async requestEmailChange(caller: Caller, newEmail: string): Promise<void> {
      assertDomain(config, newEmail, '/newEmail')
      const address = normalizeEmail(newEmail)
      await evenly(emailChangeMilliseconds, async () => {
        const taken = (await accounts.findByEmail(address)) !== null
        await database.transaction(async (tx) => {
          const user = (await accounts.lock(tx, caller.userId)) ?? gone()
          const word = { newEmail: address, ...deviceOf(caller, clock.systemNow()) }
          await notifications.send(
            tx,
            { userId: user.id, email: user.email },
            { kind: 'email-change-requested', data: word },
          )
          await recordAudit(tx, {
            ...entryOf('change-email', user, caller),
            personal: { userId: user.id, after: { requested: address } },
          })
          await oneTimeTokens.end(tx, user.id, ['CHANGE_EMAIL'])
          if (!taken) await sendConfirmation(tx, user, address)
        })
      })
    },

    /** Whoever reads the new address's mail confirms it. Throws `unprocessable` for a link that no longer works. */
    async confirmEmailChange(token: string, origin: RequestContext): Promise<void> {
      try {
        await database.transaction((tx) => confirmNewAddress(tx, token, origin))
      } catch (error) {
        // Somebody took it after it was looked for.
        throw breaksAddress(error) ? linkInvalid() : error
      }
    },
  }
}

const gone = (): never => {
  throw notFound('USER_NOT_FOUND', 'This account no longer exists.')
}
