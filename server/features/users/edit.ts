import type { Tx } from '../../db/database.ts'
import type { User } from '../../db/generated/client.ts'
import type { Caller } from '../../http/route.ts'
import type { Clock } from '../../lib/clock.ts'
import { breaksAddress, normalizeEmail } from '../accounts/service.ts'
import { recordAudit } from '../audit/service.ts'
import type { AuthService } from '../auth/service.ts'
import type { Notifications } from '../notifications/service.ts'
import { emailTaken, ownAddress } from './refusals.ts'
import * as store from './store.ts'

/** An administrator's change of somebody's profile and address. */

export type UserEdit = Partial<Pick<User, 'name' | 'company' | 'phone' | 'locale' | 'timeZone' | 'email'>> & {
  emailVerified?: boolean
}
export type EditDependencies = {
  notifications: Pick<Notifications, 'send'>
  verification: Pick<AuthService['verification'], 'send'>
  clock: Clock
}

/**
 * Of a locked row. Another address ends every mailed link, and is unconfirmed unless the edit says otherwise: then it is
 * mailed the link that confirms it. Who never accepted their invitation is sent another one instead, when asked for.
 * Throws `conflict` for another address of one's own, which a stolen sign-in could make its thief's.
 */
export async function updateUser(
  { notifications, verification, clock }: EditDependencies,
  tx: Tx,
  caller: Caller,
  before: User,
  { email, emailVerified, ...profile }: UserEdit,
): Promise<void> {
  const now = clock.systemNow()
  const address = email === undefined ? before.email : normalizeEmail(email)
  const moves = address !== before.email
  if (moves && caller.userId === before.id) throw ownAddress()
  const verified = emailVerified ?? (moves ? false : before.emailVerifiedAt !== null)
  const emailVerifiedAt = !verified ? null : moves ? now : (before.emailVerifiedAt ?? now)
  const after = await write(tx, before.id, { ...profile, email: address, emailVerifiedAt }, now)
  if (moves) {
    await store.removeOneTimeTokens(tx, before.id)
    await notifications.send(
      tx,
      { userId: before.id, email: before.email },
      {
        kind: 'email-changed',
        data: { newEmail: address, ipAddress: caller.ipAddress, device: 'An administrator', at: now.toISOString() },
      },
    )
    if (!verified && after.passwordHash !== null && after.status === 'ACTIVE') await verification.send(tx, after)
  }
  await recordAudit(tx, {
    actorId: caller.userId,
    action: 'user.update',
    targetType: 'user',
    targetId: before.id,
    before: shownOf(before),
    after: shownOf(after),
    personal: { userId: before.id, before: personalOf(before), after: personalOf(after) },
    origin: caller,
  })
}

async function write(tx: Tx, id: string, change: store.UserChange, now: Date): Promise<User> {
  try {
    return await store.updateUser(tx, id, change, now)
  } catch (error) {
    throw breaksAddress(error) ? emailTaken() : error
  }
}

const shownOf = ({ locale, timeZone, emailVerifiedAt }: User) => ({
  locale,
  timeZone,
  emailVerified: emailVerifiedAt !== null,
})
const personalOf = ({ email, name, company, phone }: User) => ({ email, name, company, phone })
