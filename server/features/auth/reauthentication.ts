import type { Database } from '../../db/database.ts'
import type { Caller } from '../../http/route.ts'
import { forbidden, type FieldError } from '../../lib/errors.ts'
import type { Accounts } from '../accounts/service.ts'
import { recordAudit } from '../audit/service.ts'
import type { GuessDelay } from './guess-delay.ts'
import { verifyPassword } from './passwords.ts'
import { proofMissing } from './two-factor/model.ts'
import type { FactorProof, SecondFactor } from './two-factor/second-factor.ts'

/**
 * Once more who one is, before what a thief of a session would do first: the password, and a code where a second factor
 * is set up. Guessing is slowed down as it is at logging in.
 */
type Dependencies = {
  database: Pick<Database, 'transaction'>
  accounts: Pick<Accounts, 'lock'>
  secondFactor: Pick<SecondFactor, 'accept' | 'isOn'>
  delay: GuessDelay
}
export type IdentityProof = FactorProof & { password: string }
export type Reauthenticate = ReturnType<typeof createReauthentication>

export function createReauthentication({ database, accounts, secondFactor, delay }: Dependencies) {
  const refusalOf = (caller: Caller, { password, ...proof }: IdentityProof): Promise<FieldError | undefined> =>
    database.transaction(async (tx) => {
      const user = await accounts.lock(tx, caller.userId)
      const wrong = async (refusal: FieldError) => {
        await recordAudit(tx, {
          actorId: caller.userId,
          action: 'auth.reauthenticate',
          targetType: 'user',
          targetId: caller.userId,
          result: 'REFUSED',
          origin: caller,
        })
        return refusal
      }
      const right = await verifyPassword(password, user?.passwordHash ?? undefined)
      if (!user || !right) return wrong({ pointer: '/password', detail: 'is not your password' })
      if (!(await secondFactor.isOn(tx, user.id)) || (await secondFactor.accept(tx, user, proof, caller))) return
      return wrong(wrongFactor(proof))
    })

  /** Throws `forbidden` REAUTHENTICATION_FAILED, which names what was wrong: the caller is signed in already. */
  return async (caller: Caller, proof: IdentityProof): Promise<void> => {
    await delay.wait(caller.userId, caller.ipAddress)
    const refusal = await refusalOf(caller, proof)
    if (!refusal) return delay.succeeded(caller.userId, caller.ipAddress)
    await delay.failed(caller.userId, caller.ipAddress)
    throw forbidden('REAUTHENTICATION_FAILED', 'This needs your password, and a code where two factors are set up.', {
      fields: [refusal],
    })
  }
}

function wrongFactor({ code, recoveryCode }: FactorProof): FieldError {
  if (code !== undefined) return { pointer: '/code', detail: 'is wrong, or was used before: wait for the next one' }
  if (recoveryCode !== undefined) return { pointer: '/recoveryCode', detail: 'is wrong, or was used before' }
  return { pointer: '/code', detail: proofMissing }
}
