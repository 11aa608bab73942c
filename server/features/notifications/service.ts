import type { Tx } from '../../db/database.ts'
import type { JobQueue } from '../../jobs/job.ts'
import { newId } from '../../lib/ids.ts'
import type { SecretBox, SecretPlace } from '../../lib/secret-box.ts'
import { normalizeEmail } from '../accounts/service.ts'
import type { Mail } from './mails.ts'
import { insertNotification } from './store.ts'
import { isTooMuch } from './strangers.ts'

/** Mails leave by a job of the transaction that they tell of: none is sent of what was rolled back, none is forgotten. */

type Dependencies = { jobs: Pick<JobQueue, 'enqueue'>; secretBox: Pick<SecretBox, 'seal'> }
export type Notifications = ReturnType<typeof createNotifications>

/** To whom: `email` may be another than the user's own, as when an address is about to change. */
export type Recipient = { userId?: string; email: string }

export const sendMailJob = 'send-mail'
export const mailPlace = (id: string): SecretPlace => ({ table: 'notifications', row: id, column: 'data_encrypted' })

export function createNotifications({ jobs, secretBox }: Dependencies) {
  return {
    /**
     * Writes the mail and its job into the transaction; answers the notification's id, undefined where the address is
     * nobody's yet and was mailed enough.
     */
    async send(tx: Tx, { userId, email }: Recipient, { kind, data }: Mail): Promise<string | undefined> {
      const recipient = normalizeEmail(email)
      if (userId !== undefined && (await isTooMuch(tx, { userId, recipient, kind }))) return undefined
      const id = newId()
      const dataEncrypted = secretBox.seal(JSON.stringify(data), mailPlace(id))
      await insertNotification(tx, {
        id,
        userId: userId ?? null,
        kind,
        recipient,
        dataEncrypted,
      })
      await jobs.enqueue(tx, sendMailJob, { notificationId: id })
      return id
    },
  }
}
