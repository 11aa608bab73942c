import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { parseMailServer } from '../../config/mail.ts'
import type { Database } from '../../db/database.ts'
import { createMetrics } from '../../http/metrics.ts'
import { createJobQueue } from '../../jobs/queue.ts'
import { createClock } from '../../lib/clock.ts'
import { createLog } from '../../lib/log.ts'
import { createSecretBox } from '../../lib/secret-box.ts'
import { createMailer } from '../../mail/mailer.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { makeUser } from '../../test/factories.ts'
import { startMailServer, type TestMailServer } from '../../test/mail-server.ts'
import { createDelivery } from './delivery.ts'
import { notificationsFeature } from './index.ts'
import type { Mail } from './mails.ts'
import { createNotifications } from './service.ts'
import { tidy } from './store.ts'
import { hostile, idOf, sampleLink, sampleMails } from './testing.ts'

let clone: TestDatabase
let database: Database
let server: TestMailServer
beforeAll(async () => {
  clone = await testDatabase()
  database = clone.database
  server = await startMailServer()
})
afterAll(async () => {
  await server.stop()
  await clone.drop()
})
beforeEach(async () => {
  server.refuse('recipient')
  server.refuse('message')
  server.beforeAccepting(() => {})
  server.mails.length = 0
  await database.query('DELETE FROM notifications')
})

const secretBox = createSecretBox([{ id: 'test', key: randomBytes(32) }])
const patience = { timeout: 20_000, interval: 10 }
const welcome: Mail = { kind: 'welcome', data: { link: sampleLink } }
const to = 'ada@example.org'

/** The parts over one mail server, and what they log. */
function parts({
  url = server.url,
  publicUrl = 'https://berth.test',
}: { url?: string | null; publicUrl?: string } = {}) {
  const logged: string[] = []
  const log = createLog('debug', { write: (line) => void logged.push(line) })
  const mailServer = url === null ? undefined : parseMailServer(url)
  const mailer =
    mailServer && createMailer({ server: mailServer, from: { name: 'Bérth', address: 'berth@berth.test' } })
  onTestFinished(() => mailer?.close())
  const config = { publicUrl, ...(mailServer && { mailServer }) }
  const clock = createClock()
  const delivery = createDelivery({ database, secretBox, clock, config, mailer, metrics: createMetrics() })
  const deliver = (id: string, last = false) => delivery.deliver(id, { signal: AbortSignal.timeout(30_000), log, last })
  return { deliver, mailer, config, clock, log, logged }
}

/** Written as a service writes it; its job is left to the test. */
const written = async (mail: Mail, recipient: { userId?: string; email: string } = { email: to }) => {
  const notifications = createNotifications({ jobs: { enqueue: async () => {} }, secretBox })
  return idOf(await database.transaction((tx) => notifications.send(tx, recipient, mail)))
}
const rowOf = (id: string) => database.prisma.notification.findUniqueOrThrow({ where: { id } })

test.each(sampleMails.map((mail) => [mail.kind, mail] as const))(
  '%s arrives as text and HTML, and nothing in it is markup or a header that a stranger wrote',
  async (_kind, mail) => {
    const { deliver } = parts()
    const { user } = await makeUser(database.prisma, { name: hostile, locale: 'de', timeZone: 'Europe/Berlin' })
    const id = await written(mail, { userId: user.id, email: to })
    await deliver(id)
    expect(server.mails).toHaveLength(1)
    const [arrived] = server.mails
    expect(arrived?.text).toMatch(/\S/)
    expect(arrived?.html).toMatch(/<h1/)
    expect(arrived?.html).not.toContain('<img')
    expect(arrived?.subject).not.toMatch(/[\r\n<]/)
    expect([arrived?.to].flat().map((field) => field?.text)).toEqual([to])
    expect(arrived?.bcc).toBeUndefined()
    expect(arrived?.from?.text).toBe('"Bérth" <berth@berth.test>')
    expect(arrived?.headers.get('auto-submitted')).toBe('auto-generated')
    expect(arrived?.messageId).toBe(`<${id}@berth.test>`)
    const link = 'link' in mail.data ? mail.data.link : ''
    expect(arrived?.text).toContain(link)
    expect(arrived?.html).toContain(link)
  },
)

test('times are told on the clock of the one who reads, by the dates of their country', async () => {
  const { deliver } = parts()
  const { user } = await makeUser(database.prisma, {
    name: 'Jörg',
    emailVerifiedAt: new Date(),
    locale: 'de',
    timeZone: 'Europe/Berlin',
  })
  const device = { ipAddress: '203.0.113.9', device: 'Firefox on Linux', at: '2026-03-01T12:30:00.000Z' }
  await deliver(await written({ kind: 'new-device', data: device }, { userId: user.id, email: to }))
  await deliver(await written({ kind: 'new-device', data: device }))
  expect(server.mails[0]?.text).toContain('01.03.2026, 13:30 GMT+1')
  expect(server.mails[0]?.text).toContain('Hello Jörg,')
  expect(server.mails[1]?.text).toContain('March 1, 2026 at 12:30 PM UTC')
})

test('who registers a stranger’s address writes them nothing, neither in a name nor as a program', async () => {
  const { deliver } = parts()
  const typed = 'Claim your prize at www.example.net'
  const device = { ipAddress: '203.0.113.9', device: typed, at: '2026-03-01T12:30:00.000Z' }
  for (const emailVerifiedAt of [null, new Date()]) {
    const { user } = await makeUser(database.prisma, { name: typed, emailVerifiedAt })
    const person = { userId: user.id, email: to }
    server.mails.length = 0
    await deliver(await written({ kind: 'access-token-created', data: { name: typed, ...device } }, person))
    await deliver(await written({ kind: 'new-device', data: device }, person))
    await deliver(await written({ kind: 'reactivated', data: { link: sampleLink } }, person))
    expect(server.mails).toHaveLength(3)
    for (const { text, html } of server.mails) {
      expect(text?.includes(typed)).toBe(emailVerifiedAt !== null)
      expect(String(html).includes(typed)).toBe(emailVerifiedAt !== null)
    }
  }
})

test('what a mail said is gone from the database once it has left', async () => {
  const { deliver } = parts()
  const id = await written(welcome)
  expect(JSON.stringify(await rowOf(id))).not.toContain('secret-token')
  await deliver(id)
  expect(await rowOf(id)).toMatchObject({ state: 'SENT', dataEncrypted: null, attempts: 1, lastError: null })
})

test('a job that is run twice sends once', async () => {
  const { deliver } = parts()
  const id = await written(welcome)
  await deliver(id)
  await deliver(id)
  expect(server.mails).toHaveLength(1)
})

test('two runs at the same moment send once, and the one that came too late looks again', async () => {
  const { deliver } = parts()
  const id = await written(welcome)
  const ends = await Promise.allSettled([deliver(id), deliver(id)])
  expect(server.mails).toHaveLength(1)
  const late = ends.filter(({ status }) => status === 'rejected')
  expect(late.length).toBeLessThanOrEqual(1)
  await deliver(id)
  expect(server.mails).toHaveLength(1)
})

test('a mail server that is busy gets it later, and the row says meanwhile why it waits', async () => {
  const { deliver } = parts()
  const id = await written(welcome)
  server.refuse('recipient', 451, 'greylisted, come back')
  await expect(deliver(id)).rejects.toThrow('greylisted')
  expect(await rowOf(id)).toMatchObject({ state: 'PENDING', attempts: 1 })
  expect((await rowOf(id)).lastError).toContain('451 greylisted, come back')
  server.refuse('recipient')
  await deliver(id)
  expect(await rowOf(id)).toMatchObject({ state: 'SENT', attempts: 2, lastError: null })
})

test.each(['recipient', 'message'] as const)('a %s refused for good is not tried again', async (where) => {
  const { deliver } = parts()
  const id = await written(welcome)
  server.refuse(where, 550, 'no such person')
  await deliver(id)
  const row = await rowOf(id)
  expect(row).toMatchObject({ state: 'FAILED', attempts: 1 })
  expect(row.lastError).toContain('550 no such person')
  const before = server.attempts()
  await deliver(id)
  expect(server.attempts()).toBe(before)
})

test('a mail server that is away keeps mails waiting, until the last try says that they failed', async () => {
  const gone = await startMailServer()
  await gone.stop()
  const { deliver } = parts({ url: gone.url })
  const id = await written(welcome)
  await expect(deliver(id)).rejects.toThrow(/ECONNREFUSED/)
  expect(await rowOf(id)).toMatchObject({ state: 'PENDING' })
  await expect(deliver(id, true)).rejects.toThrow(/ECONNREFUSED/)
  expect(await rowOf(id)).toMatchObject({ state: 'FAILED', attempts: 2 })
})

test('a wrong password of the mail server is a setting to correct: mails wait, and it is told nowhere', async () => {
  const strict = await startMailServer({
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: ({ password }, _session, callback) => callback(new Error(`${password} is wrong, see https://a.test/?t=1`)),
  })
  onTestFinished(() => strict.stop())
  const { deliver, logged } = parts({ url: `smtp://berth:hunter2-secret@127.0.0.1:${strict.port}` })
  const id = await written(welcome)
  const failure = await deliver(id).then(
    () => undefined,
    (error: unknown) => error,
  )
  const row = await rowOf(id)
  expect(row.state).toBe('PENDING')
  expect(row.lastError).toContain('[secret] is wrong, see [link]')
  expect(JSON.stringify([row, logged, String(failure), (failure as Error).stack])).not.toContain('hunter2')
  expect(failure).not.toHaveProperty('cause')
})

test('a process that dies after the handing over sends it once more, under the same Message-ID', async () => {
  const { deliver } = parts()
  const id = await written(welcome)
  // Its note of it never comes: as after kill -9, the claim is all that is left.
  server.beforeAccepting(async () => {
    await database.query(`ALTER TABLE notifications ADD CONSTRAINT dying CHECK (state <> 'SENT') NOT VALID`)
  })
  await expect(deliver(id)).rejects.toThrow('dying')
  await database.query('ALTER TABLE notifications DROP CONSTRAINT dying')
  server.beforeAccepting(() => {})
  await expect(deliver(id)).rejects.toThrow('another run')
  await database.query(`UPDATE notifications SET claimed_until = now()`)
  await deliver(id)
  expect(server.mails.map(({ messageId }) => messageId)).toEqual([`<${id}@berth.test>`, `<${id}@berth.test>`])
  expect(await rowOf(id)).toMatchObject({ state: 'SENT', attempts: 2 })
})

test('a link that ran out while the mail waited is not sent', async () => {
  const { deliver } = parts()
  const data = { link: sampleLink, expiresAt: '2020-01-01T00:00:00.000Z' }
  const id = await written({ kind: 'verify-email', data })
  await deliver(id)
  expect(server.mails).toEqual([])
  expect(await rowOf(id)).toMatchObject({ state: 'FAILED', lastError: 'Its link expired before it could be sent.' })
})

test('an address that is more than one address is refused before any server reads it', async () => {
  const { deliver } = parts()
  for (const email of ['a@example.org, b@example.org', '"x y"@example.org', 'a@example.org\r\nRCPT TO:<b@c.d>']) {
    const id = await written(welcome, { email })
    const before = server.attempts()
    await deliver(id)
    expect(server.attempts()).toBe(before)
    expect((await rowOf(id)).state).toBe('FAILED')
  }
})

test('without a mail server mails wait where people are, and are shown where a developer is', async () => {
  const waiting = await written(welcome)
  await parts({ url: null }).deliver(waiting)
  expect(await rowOf(waiting)).toMatchObject({ state: 'PENDING', attempts: 0 })
  expect((await rowOf(waiting)).lastError).toContain('SMTP_URL')
  const shown = await written(welcome)
  await parts({ url: null, publicUrl: 'http://localhost:3000' }).deliver(shown)
  expect(await rowOf(shown)).toMatchObject({ state: 'SENT' })
  expect((await rowOf(shown)).dataEncrypted).not.toBeNull()
})

test('what nobody will send any more says nothing any more, and is forgotten in the end', async () => {
  const ids = { waits: await written(welcome), failed: await written(welcome), ancient: await written(welcome) }
  await database.query(`UPDATE notifications SET created_at = now() - interval '8 days'`)
  await database.query(`UPDATE notifications SET state = 'FAILED', last_error = 'no' WHERE id = $1`, [ids.failed])
  await database.query(`UPDATE notifications SET created_at = now() - interval '91 days' WHERE id = $1`, [ids.ancient])
  const recent = await written(welcome)
  const options = { emptyAfterDays: 7, removeAfterDays: 90, reason: 'waited too long' }
  expect(await tidy(database, options)).toEqual({ emptied: 3, removed: 1 })
  expect(await rowOf(ids.waits)).toMatchObject({ state: 'FAILED', lastError: 'waited too long', dataEncrypted: null })
  expect(await rowOf(ids.failed)).toMatchObject({ state: 'FAILED', lastError: 'no', dataEncrypted: null })
  expect((await rowOf(recent)).dataEncrypted).not.toBeNull()
})

test('through the queue: what is rolled back is not mailed, a busy server is asked again, a lost job is found', async () => {
  const { config, mailer, clock, log } = parts()
  const jobs = createJobQueue({ database, log })
  onTestFinished(() => jobs.stop())
  const platform = { database, secretBox, clock, config, jobs, metrics: createMetrics(), mailer }
  const feature = notificationsFeature(platform)
  await jobs.start(feature.jobs)
  const notifications = createNotifications({ jobs, secretBox })
  const send = (work: () => void = () => {}) =>
    database.transaction(async (tx) => {
      const id = idOf(await notifications.send(tx, { email: to }, welcome))
      work()
      return id
    })
  const broken = send(() => {
    throw new Error('changed its mind')
  })
  await expect(broken).rejects.toThrow('changed its mind')
  server.refuse('message', 450, 'later')
  const id = await send()
  await expect.poll(async () => (await rowOf(id)).attempts, patience).toBeGreaterThan(0)
  server.refuse('message')
  await expect.poll(async () => (await rowOf(id)).state, patience).toBe('SENT')

  const lost = await written(welcome)
  await database.query(`UPDATE notifications SET created_at = now() - interval '1 hour' WHERE id = $1`, [lost])
  const resend = feature.jobs.find(({ name }) => name === 'resend-forgotten-mails')
  await resend?.run({}, { signal: AbortSignal.timeout(10_000), attempt: 1, log })
  await expect.poll(async () => (await rowOf(lost)).state, patience).toBe('SENT')
  expect(server.mails.map(({ messageId }) => messageId)).toEqual([`<${id}@berth.test>`, `<${lost}@berth.test>`])
})

test('no log line of all this has a link or an address of a person in it', async () => {
  const { deliver, logged } = parts()
  server.refuse('message', 550, `spam: ${sampleLink}`)
  const id = await written(welcome)
  await deliver(id)
  expect(logged.join('')).toContain(id)
  expect(logged.join('') + String((await rowOf(id)).lastError)).not.toMatch(/secret-token|ada@example/)
})
