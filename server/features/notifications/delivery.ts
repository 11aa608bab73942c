import type { Config } from '../../config/types.ts'
import type { Database } from '../../db/database.ts'
import type { Metrics } from '../../http/metrics.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/log.ts'
import type { SecretBox } from '../../lib/secret-box.ts'
import type { Mailer } from '../../mail/mailer.ts'
import { isRefusal, type Refusal } from '../../mail/message.ts'
import { mailboxIsOpen } from './mailbox/open.ts'
import { parseMail, type Mail } from './mails.ts'
import { readerOf } from './reader.ts'
import { renderMail } from './render.ts'
import { mailPlace } from './service.ts'
import { claim, endClaim, findNotification, noteWaiting, type Claimed } from './store.ts'

/**
 * The way of one mail: claimed, opened, rendered, handed over, noted, and emptied of what it said. A process that dies
 * between the server's "accepted" and our note of it sends it once more, with the same Message-ID; at no other point is
 * a mail sent twice, and at none is it lost.
 */

type Dependencies = {
  database: Database
  secretBox: Pick<SecretBox, 'open'>
  clock: Clock
  config: Pick<Config, 'publicUrl' | 'mailServer'>
  /** Absent where no mail server is set. */
  mailer?: Pick<Mailer, 'send'> | undefined
  metrics: Metrics
}
type Run = { signal: AbortSignal; log: Logger; last: boolean }

/** Longer than a run may take, so that only a run that died leaves one behind. */
const claimSeconds = 120
const ourFault = 'It could not be made: the log of the worker says why.'
const noServer = 'No mail server is set: it waits until SMTP_URL is.'
const linkExpired = 'Its link expired before it could be sent.'

export function createDelivery({ database, secretBox, clock, config, mailer, metrics }: Dependencies) {
  const counted = metrics.counter({
    name: 'berth_mails_total',
    help: 'Runs that tried to send a mail, by what the mail tells and how the run ended.',
    labels: ['kind', 'outcome'],
  })

  const open = ({ id, kind, dataEncrypted }: Claimed): Mail =>
    parseMail(kind, secretBox.open(dataEncrypted, mailPlace(id)))

  const send = async (claimed: Claimed, mail: Mail, signal: AbortSignal): Promise<void> => {
    if (!mailer) return
    const { id, recipient: to } = claimed
    await mailer.send({ id, to, ...renderMail(mail, readerOf(claimed, config.publicUrl)) }, signal)
  }

  /** Throws the failure again where another run shall come. */
  const noteFailure = async ({ id, kind }: Claimed, failure: unknown, { log, last }: Run): Promise<void> => {
    const refused: Refusal | undefined = isRefusal(failure) ? failure : undefined
    const reason = refused?.message ?? ourFault
    if (!refused?.permanent && !last) {
      await endClaim(database, id, { state: 'PENDING', reason })
      counted.inc({ kind, outcome: 'delayed' })
      throw failure
    }
    await endClaim(database, id, { state: 'FAILED', reason })
    counted.inc({ kind, outcome: 'failed' })
    if (!refused?.permanent) throw failure
    log.warn({ notificationId: id, kind, reason }, 'a mail was refused for good')
  }

  return {
    /** Sends it unless that has been done. Throws where it is to be tried again. */
    async deliver(id: string, run: Run): Promise<void> {
      if (!mailer && !mailboxIsOpen(config)) return void (await noteWaiting(database.prisma, id, noServer))
      const claimed = await claim(database, id, claimSeconds)
      if (!claimed) return assertNotClaimed(database, id)
      try {
        const mail = open(claimed)
        if ('expiresAt' in mail.data && new Date(mail.data.expiresAt) <= clock.systemNow()) {
          counted.inc({ kind: claimed.kind, outcome: 'failed' })
          return await endClaim(database, id, { state: 'FAILED', reason: linkExpired })
        }
        await send(claimed, mail, run.signal)
      } catch (error) {
        return await noteFailure(claimed, error, run)
      }
      // The local mailbox shows what it says; whoever has it by mail needs it here no longer.
      await endClaim(database, id, { state: 'SENT', kept: !mailer })
      counted.inc({ kind: claimed.kind, outcome: 'sent' })
    },
  }
}

/** Sent, failed or gone: nothing is left to do. Still waiting: another run has it, which may have died. */
async function assertNotClaimed(database: Database, id: string): Promise<void> {
  const row = await findNotification(database.prisma, id)
  if (row?.state === 'PENDING') throw new Error('another run is sending this mail')
}
