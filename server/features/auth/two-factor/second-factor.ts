import type { Database, Db, Tx } from '../../../db/database.ts'
import type { User } from '../../../db/generated/client.ts'
import type { Caller, RequestContext } from '../../../http/route.ts'
import type { Clock } from '../../../lib/clock.ts'
import { conflict, forbidden, notFound, unprocessable } from '../../../lib/errors.ts'
import type { SecretBox } from '../../../lib/secret-box.ts'
import type { Config } from '../../../config/types.ts'
import { recordAudit } from '../../audit/service.ts'
import type { Accounts } from '../../accounts/service.ts'
import type { Notifications } from '../../notifications/service.ts'
import { deviceOf } from '../devices.ts'
import { hashRecoveryCode, newRecoveryCodes } from './recovery-codes.ts'
import * as store from './store.ts'
import { enrolmentOf, newTotpSecret, stepOfCode } from './totp.ts'

/** A second factor: what one has, beside the password that one knows. Asked for once it was confirmed with a code. */

type Dependencies = {
  database: Pick<Database, 'prisma' | 'transaction'>
  accounts: Pick<Accounts, 'lock'>
  secretBox: Pick<SecretBox, 'seal' | 'open'>
  notifications: Pick<Notifications, 'send'>
  clock: Clock
  config: Pick<Config, 'adminTwoFactor'>
}
export type SecondFactor = ReturnType<typeof createSecondFactor>
/** A code of the app, or one of those for who lost it. */
export type FactorProof = { code?: string; recoveryCode?: string }

export function createSecondFactor(dependencies: Dependencies) {
  const { database, accounts, secretBox, notifications, clock, config } = dependencies

  const isRequiredOf = ({ role }: Pick<User, 'role'>) =>
    role === 'ADMINISTRATOR' && config.adminTwoFactor === 'required'

  const acceptCode = async (tx: Tx, userId: string, code: string, confirming = false): Promise<boolean> => {
    const row = await store.lockTwoFactor(tx, userId)
    if (!row || (row.confirmedAt === null) !== confirming) return false
    const now = clock.systemNow()
    const secret = secretBox.open(row.secretEncrypted, placeOf(userId))
    const step = await stepOfCode(secret, code, { now, lastUsedStep: row.lastUsedStep })
    if (step === undefined) return false
    await store.noteStep(tx, userId, { lastUsedStep: step, ...(confirming && { confirmedAt: now }) })
    return true
  }

  const acceptRecoveryCode = async (tx: Tx, user: Pick<User, 'id' | 'email'>, code: string, origin: RequestContext) => {
    const now = clock.systemNow()
    if (!(await store.useRecoveryCode(tx, user.id, hashRecoveryCode(code), now))) return false
    const left = await store.countRecoveryCodes(tx, user.id)
    await tell(tx, user, { kind: 'recovery-code-used', data: { left, ...deviceOf(origin, now) } })
    await recordAudit(tx, { ...entryOf('recovery-code-used', user.id, origin), after: { left } })
    return true
  }

  const tell = (tx: Tx, { id, email }: Pick<User, 'id' | 'email'>, mail: Parameters<Notifications['send']>[2]) =>
    notifications.send(tx, { userId: id, email }, mail)

  const putRecoveryCodes = async (tx: Tx, userId: string): Promise<string[]> => {
    const codes = newRecoveryCodes()
    await store.replaceRecoveryCodes(tx, userId, codes.map(hashRecoveryCode), clock.systemNow())
    return codes
  }

  const lockedOwner = async (tx: Tx, { userId }: Caller): Promise<User> => {
    const user = await accounts.lock(tx, userId)
    if (!user) throw notFound('USER_NOT_FOUND', 'This account no longer exists.')
    return user
  }

  return {
    async status(caller: Caller) {
      const row = await store.findTwoFactor(database.prisma, caller.userId)
      const enabledAt = row?.confirmedAt ?? null
      const recoveryCodesLeft = enabledAt ? await store.countRecoveryCodes(database.prisma, caller.userId) : 0
      return { enabled: enabledAt !== null, enabledAt, recoveryCodesLeft, required: isRequiredOf(caller) }
    },

    isOn: async (db: Db | Tx, userId: string): Promise<boolean> =>
      ((await store.findTwoFactor(db, userId))?.confirmedAt ?? null) !== null,

    /** Whether it is a code that was never used, or a recovery code that is now used up. */
    async accept(
      tx: Tx,
      user: Pick<User, 'id' | 'email'>,
      { code, recoveryCode }: FactorProof,
      origin: RequestContext,
    ): Promise<boolean> {
      if (code !== undefined) return acceptCode(tx, user.id, code)
      return recoveryCode !== undefined && acceptRecoveryCode(tx, user, recoveryCode, origin)
    },

    /** A secret for the caller's app, which counts once a code of it was sent. Throws `conflict` where one counts. */
    async enrol(caller: Caller) {
      const secret = await newTotpSecret()
      const email = await database.transaction(async (tx) => {
        const user = await lockedOwner(tx, caller)
        if ((await store.findTwoFactor(tx, user.id))?.confirmedAt)
          throw conflict(
            'TWO_FACTOR_ENABLED',
            'A second factor is set up already: remove it before setting up another.',
          )
        const secretEncrypted = secretBox.seal(secret, placeOf(user.id))
        await store.putTwoFactor(tx, { userId: user.id, secretEncrypted, createdAt: clock.systemNow() })
        await recordAudit(tx, entryOf('two-factor-enrol', user.id, caller))
        return user.email
      })
      return { secret, ...(await enrolmentOf(secret, email)) }
    },

    /** Throws `unprocessable` where the code is wrong, or nothing waits for one. Answers the recovery codes. */
    async confirm(caller: Caller, code: string): Promise<string[]> {
      return database.transaction(async (tx) => {
        const user = await lockedOwner(tx, caller)
        if (!(await acceptCode(tx, user.id, code, true)))
          throw unprocessable('TWO_FACTOR_CODE_INVALID', 'The code is wrong, or no second factor is being set up.', {
            fields: [{ pointer: '/code', detail: 'is not the present code of the app' }],
          })
        await tell(tx, user, { kind: 'two-factor-enabled', data: deviceOf(caller, clock.systemNow()) })
        await recordAudit(tx, entryOf('two-factor-enable', user.id, caller))
        return putRecoveryCodes(tx, user.id)
      })
    },

    /** Throws `forbidden` where the caller's role needs one, `conflict` where there is none. */
    async disable(caller: Caller): Promise<void> {
      if (isRequiredOf(caller))
        throw forbidden('TWO_FACTOR_REQUIRED', 'Administrators need a second factor here: it cannot be removed.')
      await database.transaction(async (tx) => {
        const user = await lockedOwner(tx, caller)
        if (!(await store.findTwoFactor(tx, user.id))?.confirmedAt) throw notEnabled()
        await store.deleteTwoFactor(tx, user.id)
        await tell(tx, user, { kind: 'two-factor-disabled', data: deviceOf(caller, clock.systemNow()) })
        await recordAudit(tx, entryOf('two-factor-disable', user.id, caller))
      })
    },

    /** Ten new ones; the earlier ones work no more. Throws `conflict` without a second factor. */
    async renewRecoveryCodes(caller: Caller): Promise<string[]> {
      return database.transaction(async (tx) => {
        const user = await lockedOwner(tx, caller)
        if (!(await store.findTwoFactor(tx, user.id))?.confirmedAt) throw notEnabled()
        await tell(tx, user, { kind: 'recovery-codes-renewed', data: deviceOf(caller, clock.systemNow()) })
        await recordAudit(tx, entryOf('recovery-codes-renew', user.id, caller))
        return putRecoveryCodes(tx, user.id)
      })
    },
  }
}

const placeOf = (userId: string) => ({ table: 'two_factors', row: userId, column: 'secret_encrypted' })

const entryOf = (verb: string, userId: string, origin: RequestContext) => ({
  actorId: userId,
  action: `auth.${verb}`,
  targetType: 'user',
  targetId: userId,
  origin,
})

const notEnabled = () => conflict('TWO_FACTOR_NOT_ENABLED', 'No second factor is set up.')
