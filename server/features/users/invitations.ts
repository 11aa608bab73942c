import type { Config } from '../../config/types.ts'
import type { Tx } from '../../db/database.ts'
import type { User } from '../../db/generated/client.ts'
import type { Clock } from '../../lib/clock.ts'
import { createAccountLinks, hashOpaqueToken, newOpaqueToken } from '../auth/service.ts'
import type { Notifications } from '../notifications/service.ts'
import { insertInvitation } from './store.ts'

/** An invited user has no password: the mailed link lets them choose one, once, and confirms their address by it. */

const invitationDays = 7
const dayMilliseconds = 86_400_000

export type InvitationDependencies = {
  notifications: Pick<Notifications, 'send'>
  clock: Clock
  config: Pick<Config, 'publicUrl'>
}

/** Mails a new link; every earlier one stops. */
export async function sendInvitation(
  { notifications, clock, config }: InvitationDependencies,
  tx: Tx,
  user: Pick<User, 'id' | 'email'>,
  invitedBy: string,
): Promise<void> {
  const now = clock.systemNow()
  const expiresAt = new Date(now.getTime() + invitationDays * dayMilliseconds)
  const token = newOpaqueToken()
  await insertInvitation(tx, { userId: user.id, tokenHash: hashOpaqueToken(token), expiresAt, now })
  const link = createAccountLinks(config.publicUrl).acceptInvitation(token)
  await notifications.send(
    tx,
    { userId: user.id, email: user.email },
    { kind: 'invitation', data: { link, expiresAt: expiresAt.toISOString(), invitedBy } },
  )
}
