import type { Database } from '../../db/database.ts'
import type { Caller, RequestContext } from '../../http/route.ts'
import type { Clock } from '../../lib/clock.ts'
import { notFound } from '../../lib/errors.ts'
import { recordAudit } from '../audit/service.ts'
import { describeDevice } from './devices.ts'
import type { Sessions } from './sessions.ts'
import * as store from './store.ts'
import { hashOpaqueToken } from './tokens.ts'

/** Where a person is signed in, and ending that. */

type Dependencies = {
  database: Pick<Database, 'prisma' | 'transaction'>
  sessions: Pick<Sessions, 'endAll'>
  clock: Clock
}

export function createOwnSessions({ database, sessions, clock }: Dependencies) {
  return {
    /** The caller's open sign-ins, the last used first. */
    async list(caller: Caller, currentId: string) {
      const rows = await store.findOpenSessions(database.prisma, caller.userId, clock.systemNow())
      return rows.map((session) => ({
        ...session,
        device: describeDevice(session.userAgent),
        current: session.id === currentId,
      }))
    },

    /** Throws `notFound` where it is not an open sign-in of the caller. */
    async revoke(caller: Caller, id: string): Promise<void> {
      await database.transaction(async (tx) => {
        const own = { id, userId: caller.userId, reason: 'REVOKED_BY_OWNER', now: clock.systemNow() }
        if (!(await store.revokeOwnSession(tx, own)))
          throw notFound('SESSION_NOT_FOUND', 'There is no such sign-in, or it has ended.')
        await recordAudit(tx, {
          actorId: caller.userId,
          action: 'auth.session-revoke',
          targetType: 'session',
          targetId: id,
          origin: caller,
        })
      })
    },

    /** The sign-in that a browser had before it signed in again: nobody could use it, or end it, from there any more. */
    async endReplaced(refreshToken: string, origin: RequestContext): Promise<void> {
      await database.transaction(async (tx) => {
        const token = await store.findRefreshToken(tx, hashOpaqueToken(refreshToken))
        const session = token && (await store.lockSession(tx, token.sessionId))
        if (!session || !(await store.revokeSession(tx, session.id, 'REPLACED', clock.systemNow()))) return
        await recordAudit(tx, {
          actorId: session.userId,
          action: 'auth.session-replace',
          targetType: 'session',
          targetId: session.id,
          origin,
        })
      })
    },

    /** Everywhere, here too. */
    async endAll(caller: Caller): Promise<void> {
      await database.transaction(async (tx) => {
        const ended = await sessions.endAll(tx, caller.userId, { reason: 'LOGGED_OUT_EVERYWHERE' })
        await recordAudit(tx, {
          actorId: caller.userId,
          action: 'auth.logout-all',
          targetType: 'user',
          targetId: caller.userId,
          after: { ended },
          origin: caller,
        })
      })
    },
  }
}
