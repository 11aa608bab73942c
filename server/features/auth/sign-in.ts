import type { Database, Tx } from '../../db/database.ts'
import type { User } from '../../db/generated/client.ts'
import type { RequestContext } from '../../http/route.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Notifications } from '../notifications/service.ts'
import { deviceOf, isNewDevice, type SeenDevice } from './devices.ts'
import type { Issued, Sessions } from './sessions.ts'
import type { SessionUser } from './store.ts'

/** The last step of every way to log in: opens the session, and tells its owner where that is news to them. */

type Dependencies = {
  database: Pick<Database, 'prisma' | 'transaction'>
  sessions: Pick<Sessions, 'open'>
  notifications: Pick<Notifications, 'send'>
  clock: Clock
}
export type SignIn = ReturnType<typeof createSignIn>
export type Proven = SessionUser & Pick<User, 'email'> & { seenDevices: readonly SeenDevice[] }

export function createSignIn({ database, sessions, notifications, clock }: Dependencies) {
  const within = async (tx: Tx, proven: Proven, origin: RequestContext): Promise<Issued> => {
    if (isNewDevice(proven.seenDevices, origin)) {
      const data = deviceOf(origin, clock.systemNow())
      await notifications.send(tx, { userId: proven.id, email: proven.email }, { kind: 'new-device', data })
    }
    return sessions.open(tx, proven, origin)
  }

  return {
    /** In the transaction of what proved who it is. */
    within,
    /** Nearly always nothing is to be told, and one statement is all. */
    alone: (proven: Proven, origin: RequestContext): Promise<Issued> =>
      isNewDevice(proven.seenDevices, origin)
        ? database.transaction((tx) => within(tx, proven, origin))
        : sessions.open(database.prisma, proven, origin),
  }
}
