import type { Tx } from '../../db/database.ts'
import type { User } from '../../db/generated/client.ts'
import type { RequestContext } from '../../http/route.ts'
import type { Clock } from '../../lib/clock.ts'
import { recordAudit } from '../audit/service.ts'
import type { Notifications } from '../notifications/service.ts'
import { deviceOf, isNewDevice } from './devices.ts'
import type { Issued, Sessions } from './sessions.ts'
import { findSeenDevices } from './store.ts'

/** The last step of every way to log in. */

type Dependencies = { sessions: Pick<Sessions, 'open'>; notifications: Pick<Notifications, 'send'>; clock: Clock }
export type SignIn = ReturnType<typeof createSignIn>
/** `passwordHash`: the one that was checked, where one was. */
export type Proven = Pick<User, 'id' | 'email'> & { passwordHash?: string }

export function createSignIn({ sessions, notifications, clock }: Dependencies) {
  /** Opens the session, and tells the owner where it is from a device or a network that they never used. */
  return async (tx: Tx, { id, email, passwordHash }: Proven, origin: RequestContext): Promise<Issued> => {
    const seen = await findSeenDevices(tx, id)
    const opened = await sessions.open(tx, { userId: id, ...(passwordHash !== undefined && { passwordHash }) }, origin)
    if (isNewDevice(seen, origin)) {
      const data = deviceOf(origin, clock.systemNow())
      await notifications.send(tx, { userId: id, email }, { kind: 'new-device', data })
    }
    await recordAudit(tx, {
      actorId: id,
      action: 'auth.login',
      targetType: 'session',
      targetId: opened.session.id,
      origin,
    })
    return opened
  }
}
