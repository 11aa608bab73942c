import type { MailAddress, MailServer } from '../config/types.ts'
import { messageOf } from '../lib/errors.ts'
import { refusal, type Message } from './message.ts'

/** Hands mails to the mail server of the settings. */
export type Mailer = {
  /** Resolves when the server has taken it. Throws a `Refusal`, whose message holds no secret. */
  send(message: Message, signal?: AbortSignal): Promise<void>
  /** Throws a `Refusal` where the server cannot be reached or does not let us in. */
  verify(): Promise<void>
  close(): void
}

/** What nodemailer's errors carry. */
type SmtpError = { responseCode?: number; command?: string; response?: string }
type Options = { server: MailServer; from: MailAddress }

const seconds = 1000
/** Every step has an end: what hangs is tried again rather than waited for. */
const timeouts = {
  dnsTimeout: 10 * seconds,
  connectionTimeout: 10 * seconds,
  greetingTimeout: 10 * seconds,
  socketTimeout: 30 * seconds,
}
const connections = 4
/** No white space, no brackets, no list: exactly one address, whatever reads it. */
const plainAddress = /^[^\s\p{Cc}<>()[\]\\,;:"@]+@[^\s\p{Cc}<>()[\]\\,;:"@]+$/u

/** Connects on first use, and keeps connections for the next mails. */
export function createMailer({ server, from }: Options): Mailer {
  let opening: ReturnType<typeof open> | undefined
  const transport = () => (opening ??= open(server))
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1)

  return {
    async send({ id, to, subject, text, html }, signal) {
      if (!plainAddress.test(to))
        throw refusal('The address is not one that a mail can be sent to.', { permanent: true })
      const sender = await transport()
      try {
        await sender.sendMail({
          from,
          to: { name: '', address: to },
          subject,
          text,
          html,
          messageId: `<${id}@${domain}>`,
          // Nobody's absence notice answers it (RFC 3834).
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
          ...(signal && { signal }),
        })
      } catch (error) {
        throw toRefusal(error, server)
      }
    },
    async verify() {
      try {
        await (await transport()).verify()
      } catch (error) {
        throw toRefusal(error, server)
      }
    },
    close() {
      void opening?.then((sender) => sender.close())
      opening = undefined
    },
  }
}

async function open({ host, port, encryptedFromTheStart, tls, login }: MailServer) {
  const { createTransport } = await import('nodemailer')
  return createTransport({
    pool: true,
    host,
    port,
    secure: encryptedFromTheStart,
    requireTLS: tls === 'required' || tls === 'unverified',
    ignoreTLS: tls === 'off',
    tls: { rejectUnauthorized: tls !== 'unverified' },
    ...(login && { auth: { user: login.user, pass: login.password } }),
    ...timeouts,
    maxConnections: connections,
    // A mail that was under way when its connection broke may have been taken: the job decides, and counts.
    maxRequeues: 0,
    // A message is what it is given: it reads no file and asks for no address.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}

/** Longer than servers answer, and no page. */
const longestAnswer = 300

/**
 * What the server says of the recipient or of the message itself with a 5xx is final. What it says of us (no TLS, wrong
 * password, this sender not allowed) is a setting that somebody will correct: mails wait for it.
 */
function toRefusal(error: unknown, server: MailServer) {
  const { responseCode = 0, command } = error as SmtpError
  const ofTheMail = command === 'RCPT TO' || command === 'DATA'
  return refusal(withoutSecrets(answerOf(error), server), {
    permanent: ofTheMail && responseCode >= 500 && responseCode < 600,
  })
}

const answerOf = (error: unknown): string => {
  const { response } = error as SmtpError
  return typeof response === 'string' && response !== '' ? `The mail server answered: ${response}` : messageOf(error)
}

/** Filters like to repeat what they refuse: a link that signs somebody in is not for the table or the log. */
function withoutSecrets(text: string, { login }: MailServer): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll(/\b[a-z]+:\/\/\S+/gi, '[link]')
  const safe = login && login.password !== '' ? line.replaceAll(login.password, '[secret]') : line
  return safe.slice(0, longestAnswer)
}
