import { expect, onTestFinished, test } from 'vitest'
import type { MailServer } from '../config/types.ts'
import { parseMailServer } from '../config/mail.ts'
import { startMailServer } from '../test/mail-server.ts'
import { createMailer } from './mailer.ts'

const message = { id: 'a1', to: 'ada@example.org', subject: 'Hello', text: 'Hello', html: '<p>Hello</p>' }
const from = { name: 'Berth', address: 'berth@example.org' }

const mailerTo = (server: MailServer | undefined) => {
  if (!server) throw new Error('the test has a wrong SMTP_URL')
  const mailer = createMailer({ server, from })
  onTestFinished(() => mailer.close())
  return mailer
}
async function serverWith(options: Parameters<typeof startMailServer>[0]) {
  const server = await startMailServer(options)
  onTestFinished(() => server.stop())
  return server
}

test('a password is not told to a server that offers no encryption', async () => {
  const told: unknown[] = []
  const server = await serverWith({
    allowInsecureAuth: true,
    onAuth: (auth, _session, callback) => {
      told.push(auth.password)
      callback(null, { user: auth.username })
    },
  })
  const mailer = mailerTo(parseMailServer(`smtp://berth:secret@127.0.0.1:${server.port}?tls=required`))
  await expect(mailer.send(message)).rejects.toMatchObject({ name: 'Refusal', permanent: false })
  await expect(mailer.verify()).rejects.toMatchObject({ permanent: false })
  expect([told, server.mails]).toEqual([[], []])
})

test('a certificate of somebody else keeps mails back, unless the setting says that it may', async () => {
  const server = await serverWith({ hideSTARTTLS: false })
  await expect(mailerTo(parseMailServer(server.url)).send(message)).rejects.toThrow(/certificate|self-signed/i)
  await mailerTo(parseMailServer(`${server.url}?tls=unverified`)).send(message)
  await mailerTo(parseMailServer(`${server.url}?tls=off`)).send(message)
  expect(server.mails).toHaveLength(2)
})

test('a sender or a login that is not allowed is a setting to correct: no mail fails for it', async () => {
  const server = await serverWith({
    onMailFrom: (_address, _session, callback) =>
      callback(Object.assign(new Error('not from here'), { responseCode: 550 })),
  })
  await expect(mailerTo(parseMailServer(server.url)).send(message)).rejects.toMatchObject({
    permanent: false,
    message: 'The mail server answered: 550 not from here',
  })
})

test('a server that greets nobody is given up, and so is a run that takes too long', async () => {
  const server = await serverWith({ onConnect: () => {} })
  const mailer = mailerTo(parseMailServer(server.url))
  await expect(mailer.send(message, AbortSignal.timeout(200))).rejects.toMatchObject({ permanent: false })
})

test('subjects of any language arrive, and none becomes a header', async () => {
  const server = await serverWith({})
  const subject = 'Grüße\r\nBcc: victim@example.org 💌'
  await mailerTo(parseMailServer(server.url)).send({ ...message, subject })
  const [arrived] = server.mails
  expect(arrived?.subject).toBe('Grüße Bcc: victim@example.org 💌')
  expect(arrived?.bcc).toBeUndefined()
  expect(arrived?.headers.has('bcc')).toBe(false)
})
