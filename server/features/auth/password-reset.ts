import type { Database } from '../../db/database.ts'
import type { RequestContext } from '../../http/route.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Accounts } from '../accounts/service.ts'
import { recordAudit } from '../audit/service.ts'
import type { Notifications } from '../notifications/service.ts'
import { evenly } from './even-time.ts'
import type { AccountLinks } from './links.ts'
import { mayMailAgain } from './mail-limit.ts'
import type { NewPassword } from './new-password.ts'
import { linkInvalid, type OneTimeTokens } from './one-time-tokens.ts'
import { hashPassword } from './passwords.ts'
import type { Verification } from './verification.ts'

/** For who forgot the password: whoever reads the account's mail chooses a new one. A second factor is still asked for. */

type Dependencies = {
  database: Pick<Database, 'transaction'>
  accounts: Pick<Accounts, 'findByEmail' | 'lock' | 'endAccessTokens'>
  oneTimeTokens: OneTimeTokens
  newPassword: NewPassword
  verification: Pick<Verification, 'confirmed'>
  notifications: Pick<Notifications, 'send'>
  links: AccountLinks
  clock: Clock
}

const forgotMilliseconds = 100

export function createPasswordReset(dependencies: Dependencies) {
  const { database, accounts, oneTimeTokens, newPassword, verification, notifications, links, clock } = dependencies
  return {
    /** Mails a link that lasts an hour and ends earlier ones; nothing tells whether there was anybody to mail it to. */
    request: (email: string, origin: RequestContext): Promise<void> =>
      evenly(forgotMilliseconds, async () => {
        const user = await accounts.findByEmail(email)
        await database.transaction(async (tx) => {
          if (user?.status !== 'ACTIVE') return
          if (!(await mayMailAgain(tx, user.email, 'reset-password', clock.systemNow()))) return
          const { token, expiresAt } = await oneTimeTokens.issue(tx, 'RESET_PASSWORD', user.id)
          const { ipAddress } = origin
          const data = { link: links.resetPassword(token), expiresAt: expiresAt.toISOString(), ipAddress }
          await notifications.send(tx, { userId: user.id, email: user.email }, { kind: 'reset-password', data })
          await recordAudit(tx, {
            action: 'auth.forgot-password',
            targetType: 'user',
            targetId: user.id,
            origin,
          })
        })
      }),

    /**
     * Access tokens from before anybody confirmed the address end: whoever entered a stranger's address may have made
     * them. Throws `unprocessable` for a link that no longer works, and for a password that is easy to guess.
     */
    async reset(token: string, password: string, origin: RequestContext): Promise<void> {
      await newPassword.demandFor('RESET_PASSWORD', token, password)
      const passwordHash = await hashPassword(password)
      await database.transaction(async (tx) => {
        const { userId } = await oneTimeTokens.redeem(tx, 'RESET_PASSWORD', token)
        const user = await accounts.lock(tx, userId)
        if (user?.status !== 'ACTIVE') throw linkInvalid()
        await newPassword.set(tx, user, { passwordHash, reason: 'PASSWORD_RESET' }, origin)
        await accounts.endAccessTokens(tx, user.id, user.emailVerifiedAt ?? clock.systemNow())
        await verification.confirmed(tx, user, origin)
        await oneTimeTokens.end(tx, user.id, ['VERIFY_EMAIL', 'INVITATION'])
        await recordAudit(tx, {
          actorId: user.id,
          action: 'auth.reset-password',
          targetType: 'user',
          targetId: user.id,
          origin,
        })
      })
    },
  }
}
