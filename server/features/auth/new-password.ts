import type { Database, Tx } from '../../db/database.ts'
import type { User } from '../../db/generated/client.ts'
import type { OneTimeTokenKind } from '../../db/generated/enums.ts'
import type { RequestContext } from '../../http/route.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Accounts } from '../accounts/service.ts'
import type { Notifications } from '../notifications/service.ts'
import { deviceOf } from './devices.ts'
import { linkInvalid, type OneTimeTokens } from './one-time-tokens.ts'
import { findTokenOwner } from './one-time-token-store.ts'
import type { PasswordPolicy } from './password-policy.ts'
import type { EndReason, Sessions } from './sessions.ts'
import { hashOpaqueToken } from './tokens.ts'

/** What every new password ends, whichever way it came about. */

type Dependencies = {
  database: Pick<Database, 'prisma'>
  accounts: Pick<Accounts, 'setPassword'>
  sessions: Pick<Sessions, 'endAll'>
  oneTimeTokens: Pick<OneTimeTokens, 'end'>
  notifications: Pick<Notifications, 'send'>
  policy: Pick<PasswordPolicy, 'demand'>
  clock: Clock
}
export type NewPassword = ReturnType<typeof createNewPassword>
type Change = { passwordHash: string; reason: EndReason; exceptSession?: string }

export function createNewPassword(dependencies: Dependencies) {
  const { database, accounts, sessions, oneTimeTokens, notifications, policy, clock } = dependencies
  return {
    /** Of a link, before it is used up: a password that is refused leaves the link as it was. */
    async demandFor(kind: OneTimeTokenKind, token: string, password: string): Promise<void> {
      const owner = await findTokenOwner(database.prisma, {
        kind,
        tokenHash: hashOpaqueToken(token),
        now: clock.systemNow(),
      })
      if (!owner) throw linkInvalid()
      await policy.demand(password, owner)
    },

    /** Sets it; ends the other sign-ins, half-done ones and mailed links; and tells the owner. */
    async set(
      tx: Tx,
      user: Pick<User, 'id' | 'email'>,
      { passwordHash, reason, exceptSession }: Change,
      origin: RequestContext,
    ): Promise<void> {
      await accounts.setPassword(tx, user.id, passwordHash)
      await sessions.endAll(tx, user.id, { reason, ...(exceptSession !== undefined && { except: exceptSession }) })
      await oneTimeTokens.end(tx, user.id, ['RESET_PASSWORD', 'TWO_FACTOR_CHALLENGE', 'CHANGE_EMAIL'])
      const data = deviceOf(origin, clock.systemNow())
      await notifications.send(tx, { userId: user.id, email: user.email }, { kind: 'password-changed', data })
    },
  }
}
