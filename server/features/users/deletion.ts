import type { Tx } from '../../db/database.ts'
import type { User } from '../../db/generated/client.ts'
import { deletedDomain } from '../accounts/model.ts'
import { hasSubscriptions } from './refusals.ts'
import { findLiveSubscriptions, removePersonalRows, updateUser } from './store.ts'

/**
 * Deleting a user keeps the row, because money and the audit trail name it, and removes all that says who it was: from
 * the row itself, from the trail's personal values, and with everything that they signed in with. What stays of them in
 * the trail is what they did, and from which address of the network: the record of a security log.
 */

const deletedName = 'Deleted user'
/** Nobody can receive mail there, register with it or change to it. */
const deletedAddress = (id: string) => `deleted-${id}@${deletedDomain}`
const shownSubscriptions = 10

/** Throws `conflict` while they own living subscriptions. The user's row is locked by the caller. */
export async function anonymise(tx: Tx, { id, deactivatedAt, deactivatedBy }: User, now: Date): Promise<User> {
  const { count, first } = await findLiveSubscriptions(tx, id, shownSubscriptions)
  if (count > 0) throw hasSubscriptions(count, first)
  const after = await updateUser(
    tx,
    id,
    {
      email: deletedAddress(id),
      name: deletedName,
      company: null,
      phone: null,
      locale: 'en',
      timeZone: 'UTC',
      role: 'USER',
      status: 'DEACTIVATED',
      passwordHash: null,
      emailVerifiedAt: null,
      lastSeenAt: null,
      invitedAt: null,
      deactivatedAt: deactivatedAt ?? now,
      deactivatedBy: deactivatedBy ?? 'ADMINISTRATOR',
      deletedAt: now,
    },
    now,
  )
  await removePersonalRows(tx, id, deletedName)
  return after
}
