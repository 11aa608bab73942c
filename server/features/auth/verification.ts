import type { Database, Tx } from '../../db/database.ts'
import type { User } from '../../db/generated/client.ts'
import type { RequestContext } from '../../http/route.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Accounts } from '../accounts/service.ts'
import { recordAudit } from '../audit/service.ts'
import type { Notifications } from '../notifications/service.ts'
import { evenly } from './even-time.ts'
import type { AccountLinks } from './links.ts'
import { mayMailAgain } from './mail-limit.ts'
import { linkInvalid, type OneTimeTokens } from './one-time-tokens.ts'

/** That an address belongs to who registered with it. */

type Dependencies = {
  database: Pick<Database, 'transaction'>
  accounts: Pick<Accounts, 'findByEmail' | 'confirmEmail' | 'lock'>
  oneTimeTokens: OneTimeTokens
  notifications: Pick<Notifications, 'send'>
  links: AccountLinks
  clock: Clock
}
export type Verification = ReturnType<typeof createVerification>

const resendMilliseconds = 100

export function createVerification(dependencies: Dependencies) {
  const { database, accounts, oneTimeTokens, notifications, links, clock } = dependencies

  const send = async (tx: Tx, { id, email }: Pick<User, 'id' | 'email'>): Promise<void> => {
    const { token, expiresAt } = await oneTimeTokens.issue(tx, 'VERIFY_EMAIL', id)
    const data = { link: links.verifyEmail(token), expiresAt: expiresAt.toISOString() }
    await notifications.send(tx, { userId: id, email }, { kind: 'verify-email', data })
  }

  /** Marks the address as its owner's, and welcomes them the first time. */
  const confirmed = async (tx: Tx, user: User, origin: RequestContext): Promise<void> => {
    if (!(await accounts.confirmEmail(tx, user.id))) return
    await notifications.send(
      tx,
      { userId: user.id, email: user.email },
      { kind: 'welcome', data: { link: links.login } },
    )
    await recordAudit(tx, {
      actorId: user.id,
      action: 'auth.verify-email',
      targetType: 'user',
      targetId: user.id,
      origin,
    })
  }

  return {
    send,
    confirmed,

    /** Another mail, where the address waits for one and the last is not too recent. It is told to nobody whether. */
    resend: (email: string, origin: RequestContext): Promise<void> =>
      evenly(resendMilliseconds, async () => {
        const user = await accounts.findByEmail(email)
        await database.transaction(async (tx) => {
          if (!user || user.emailVerifiedAt || user.status !== 'ACTIVE') return
          if (!(await mayMailAgain(tx, user.email, 'verify-email', clock.systemNow()))) return
          await send(tx, user)
          await recordAudit(tx, {
            action: 'auth.resend-verification',
            targetType: 'user',
            targetId: user.id,
            origin,
          })
        })
      }),

    /** Throws `unprocessable` for a link that no longer works. */
    async verify(token: string, origin: RequestContext): Promise<void> {
      await database.transaction(async (tx) => {
        const { userId } = await oneTimeTokens.redeem(tx, 'VERIFY_EMAIL', token)
        const user = await accounts.lock(tx, userId)
        if (user?.status !== 'ACTIVE') throw linkInvalid()
        await confirmed(tx, user, origin)
      })
    },
  }
}
