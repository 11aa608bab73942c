import { constraintOf, type Database } from '../../db/database.ts'
import type { Caller } from '../../http/route.ts'
import type { Clock } from '../../lib/clock.ts'
import { conflict, notFound } from '../../lib/errors.ts'
import { encodeId } from '../../lib/ids.ts'
import { recordAudit } from '../audit/service.ts'
import type { OneTimeTokens, Sessions } from '../auth/service.ts'
import type { Notifications } from '../notifications/service.ts'
import { endAccessTokens } from './credentials-store.ts'
import * as store from './deactivation-store.ts'

/**
 * Leaving. Nothing is deleted, and an administrator can undo it. Nobody could end, or stop paying for, what runs on
 * without an owner: so it waits until that is canceled. What is canceled goes its way: its data is destroyed when the
 * time for which it is kept is over.
 */
type Dependencies = {
  database: Pick<Database, 'prisma' | 'transaction'>
  sessions: Pick<Sessions, 'endAll'>
  oneTimeTokens: Pick<OneTimeTokens, 'end'>
  notifications: Pick<Notifications, 'send'>
  clock: Clock
}
export type Deactivation = ReturnType<typeof createDeactivation>

export function createDeactivation({ database, sessions, oneTimeTokens, notifications, clock }: Dependencies) {
  return {
    /** What stands in its way, and what becomes of the rest. */
    async preview({ userId }: Caller) {
      const subscriptions = await store.findSubscriptionsOnlyOf(database.prisma, userId)
      const [running, kept] = [subscriptions.filter(isLive), subscriptions.filter((each) => !isLive(each))]
      return { possible: running.length === 0, running, kept }
    },

    /**
     * Ends every sign-in and access token at once; they do not come back with the account. Throws `conflict` ACCOUNT_HAS_SUBSCRIPTIONS while something runs, LAST_ADMINISTRATOR
     * where nobody would be left to administer.
     */
    async deactivate(caller: Caller): Promise<void> {
      const { userId } = caller
      const work = database.transaction(async (tx) => {
        const user = await store.lockActiveUser(tx, userId)
        if (!user) throw notFound('USER_NOT_FOUND', 'This account no longer exists.')
        const running = (await store.findSubscriptionsOnlyOf(tx, userId)).filter(isLive)
        if (running.length > 0) throw hasSubscriptions(running)
        const now = clock.systemNow()
        await store.deactivate(tx, userId, now)
        await sessions.endAll(tx, userId, { reason: 'DEACTIVATED' })
        await endAccessTokens(tx, userId, { madeBefore: now, now })
        await oneTimeTokens.end(tx, userId, store.everyMailedKind)
        await notifications.send(
          tx,
          { userId, email: user.email },
          { kind: 'deactivated', data: { by: 'SELF', at: now.toISOString() } },
        )
        await recordAudit(tx, {
          actorId: userId,
          action: 'account.deactivate',
          targetType: 'user',
          targetId: userId,
          before: { status: 'ACTIVE' },
          after: { status: 'DEACTIVATED' },
          origin: caller,
        })
      })
      await work.catch((error: unknown) => {
        throw constraintOf(error) === lastAdministrator ? isLastAdministrator() : error
      })
    },
  }
}

/** The rule of the database that keeps one. */
const lastAdministrator = 'users_last_administrator'
const isLive = ({ entitlement }: store.OwnedSubscription) => entitlement !== 'CANCELED' && entitlement !== 'EXPIRED'

const hasSubscriptions = (running: readonly store.OwnedSubscription[]) =>
  conflict(
    'ACCOUNT_HAS_SUBSCRIPTIONS',
    `You own ${running.length} ${running.length === 1 ? 'subscription' : 'subscriptions'} that nobody could end for you: cancel them first.`,
    { extensions: { subscriptions: running.map(({ id, name }) => ({ id: encodeId('subscription', id), name })) } },
  )

const isLastAdministrator = () =>
  conflict('LAST_ADMINISTRATOR', 'You are the last administrator who can sign in: make another one first.')
