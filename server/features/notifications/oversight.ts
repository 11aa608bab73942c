import type { Database, Tx } from '../../db/database.ts'
import type { Notification } from '../../db/generated/client.ts'
import type { Caller } from '../../http/route.ts'
import type { JobQueue } from '../../jobs/job.ts'
import { conflict, notFound, type Failure } from '../../lib/errors.ts'
import { encodeId } from '../../lib/ids.ts'
import { recordAudit } from '../audit/service.ts'
import { sendMailJob } from './service.ts'
import { findNotification, listNotifications, putBack, type NotificationFilter, type Page } from './store.ts'

/** What administrators see of the mails, and do when some did not arrive. */

type Dependencies = { database: Database; jobs: Pick<JobQueue, 'enqueue'> }
export type NotificationOversight = ReturnType<typeof createNotificationOversight>
/** A row without what the mail says. */
export type Overseen = Omit<Notification, 'dataEncrypted' | 'claimedUntil'> & { retryable: boolean }

export function createNotificationOversight({ database, jobs }: Dependencies) {
  return {
    /** One more than the page holds tells whether another follows. */
    async list(filter: NotificationFilter, page: Page): Promise<Overseen[]> {
      return (await listNotifications(database.prisma, filter, page)).map(overseen)
    },

    async get(id: string): Promise<Overseen> {
      const row = await findNotification(database.prisma, id)
      if (!row) throw absent()
      return overseen(row)
    },

    /** Has it sent now. Throws `conflict` where it was sent already, or what it said is gone. */
    async retry(tx: Tx, caller: Caller, id: string): Promise<Overseen> {
      const before = await findNotification(tx, id)
      if (!before) throw absent()
      if (!(await putBack(tx, id))) throw notRetryable(before)
      await recordAudit(tx, {
        actorId: caller.userId,
        action: 'notification.retry',
        targetType: 'notification',
        targetId: id,
        before: { state: before.state, attempts: before.attempts },
        after: { state: 'PENDING' },
        origin: caller,
      })
      await jobs.enqueue(tx, sendMailJob, { notificationId: id }, { singletonKey: id })
      return overseen({ ...before, state: 'PENDING', lastError: null })
    },
  }
}

const overseen = ({ dataEncrypted, claimedUntil: _, ...row }: Notification): Overseen => ({
  ...row,
  retryable: row.state !== 'SENT' && dataEncrypted !== null,
})

const absent = (): Failure => notFound('NOTIFICATION_NOT_FOUND', 'There is no such notification.')

const notRetryable = ({ id, state }: Notification): Failure =>
  state === 'SENT'
    ? conflict(
        'INVALID_STATE',
        `${encodeId('notification', id)} is SENT: only what is PENDING or FAILED is sent again.`,
        {
          extensions: { state, allowed: [] },
        },
      )
    : conflict('NOTIFICATION_EMPTIED', 'What this mail said was removed, because it is too old. Have a new one sent.')
