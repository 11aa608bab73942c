import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { simpleParser, type ParsedMail } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

/** A mail server on a free port of this machine, which takes everything until it is told to refuse. */
export type TestMailServer = {
  /** For `SMTP_URL`. */
  url: string
  port: number
  /** What it took, parsed, oldest first. */
  mails: ParsedMail[]
  /** How often somebody began to hand a mail over. */
  attempts: () => number
  /** From now on it answers this to a recipient or to a message; nothing to take them again. */
  refuse(where: 'recipient' | 'message', code?: number, text?: string): void
  /** Calls this when it has taken a mail, before it says so. */
  beforeAccepting(work: () => Promise<void> | void): void
  stop(): Promise<void>
}

export async function startMailServer(options: SMTPServerOptions = {}): Promise<TestMailServer> {
  const mails: ParsedMail[] = []
  const refusals: { recipient?: Error; message?: Error } = {}
  let attempts = 0
  let accepting: () => Promise<void> | void = () => {}
  const server = new SMTPServer({
    authOptional: true,
    // With the certificate that comes with the library.
    hideSTARTTLS: true,
    onRcptTo(_address, _session, callback) {
      attempts += 1
      callback(refusals.recipient)
    },
    onData(stream, _session, callback) {
      const taken = simpleParser(stream).then(async (mail) => {
        if (refusals.message) throw refusals.message
        mails.push(mail)
        await accepting()
      })
      taken.then(() => callback(), callback)
    },
    ...options,
  })
  // A client that breaks off is the subject of a test, and no failure of this server.
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  return {
    url: `smtp://127.0.0.1:${port}`,
    port,
    mails,
    attempts: () => attempts,
    refuse(where, code, text = 'refused') {
      if (code === undefined) delete refusals[where]
      else refusals[where] = Object.assign(new Error(text), { responseCode: code })
    },
    beforeAccepting: (work) => void (accepting = work),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
