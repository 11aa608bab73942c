import type { Config } from '../config/types.ts'
import { messageOf } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import { createMailer, type Mailer } from '../mail/mailer.ts'
import type { Closing } from './closing.ts'

type Deps = { config: Config; log: Logger; closing: Closing; shownInMailbox: boolean }

/**
 * The way out for mails. A mail server that is away keeps nobody from starting, and makes nobody unready: mails wait
 * for it, and the log says so.
 */
export function openMailer({ config, log, closing, shownInMailbox }: Deps): Mailer | undefined {
  const { mailServer: server, mailFrom: from, roles } = config
  if (!server) {
    if (!shownInMailbox) log.warn('no mail server is set: mails wait in the database until SMTP_URL is')
    return undefined
  }
  const mailer = createMailer({ server, from })
  closing.add('connections to the mail server', () => mailer.close())
  if (roles.includes('worker')) {
    mailer.verify().then(
      () => log.debug('the mail server answers'),
      (error: unknown) => log.warn(`mails wait, because the mail server does not take them: ${messageOf(error)}`),
    )
  }
  return mailer
}
