import type { Database } from '../../db/database.ts'
import type { RequestContext } from '../../http/route.ts'
import type { Accounts } from '../accounts/service.ts'
import { recordAudit } from '../audit/service.ts'
import type { NewPassword } from './new-password.ts'
import { linkInvalid, type OneTimeTokens } from './one-time-tokens.ts'
import { hashPassword } from './passwords.ts'
import type { Verification } from './verification.ts'

/** An account that an administrator made, until its owner has chosen a password. */

type Dependencies = {
  database: Pick<Database, 'transaction'>
  accounts: Pick<Accounts, 'lock' | 'setPassword' | 'rename'>
  oneTimeTokens: OneTimeTokens
  newPassword: Pick<NewPassword, 'demandFor'>
  verification: Pick<Verification, 'confirmed'>
}
export type Invitations = ReturnType<typeof createInvitations>
export type Acceptance = { token: string; password: string; name?: string }

export function createInvitations(dependencies: Dependencies) {
  const { database, accounts, oneTimeTokens, newPassword, verification } = dependencies
  return {
    /** Sets the password. Throws `unprocessable` for a link that no longer works, and for a password that is easy to guess. */
    async accept({ token, password, name }: Acceptance, origin: RequestContext): Promise<void> {
      await newPassword.demandFor('INVITATION', token, password)
      const passwordHash = await hashPassword(password)
      await database.transaction(async (tx) => {
        const { userId } = await oneTimeTokens.redeem(tx, 'INVITATION', token)
        const user = await accounts.lock(tx, userId)
        if (user?.status !== 'ACTIVE' || user.passwordHash !== null) throw linkInvalid()
        await accounts.setPassword(tx, user.id, passwordHash)
        if (name !== undefined) await accounts.rename(tx, user.id, name)
        await verification.confirmed(tx, user, origin)
        await recordAudit(tx, {
          actorId: user.id,
          action: 'auth.accept-invitation',
          targetType: 'user',
          targetId: user.id,
          ...(name !== undefined && {
            personal: { userId: user.id, before: { name: user.name }, after: { name } },
          }),
          origin,
        })
      })
    },
  }
}
