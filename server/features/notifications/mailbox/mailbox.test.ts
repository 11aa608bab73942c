import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseMailServer } from '../../../config/mail.ts'
import { createMetrics } from '../../../http/metrics.ts'
import { createJobQueue } from '../../../jobs/queue.ts'
import { createClock } from '../../../lib/clock.ts'
import { createSecretBox } from '../../../lib/secret-box.ts'
import { testDatabase, type TestDatabase } from '../../../test/database.ts'
import { testLog } from '../../../test/log.ts'
import { serveApi, type TestApi } from '../../auth/testing.ts'
import { notificationsFeature } from '../index.ts'
import { hostile, sampleLink, sampleMails } from '../testing.ts'
import { isLocalRequest } from './open.ts'

let clone: TestDatabase
let api: TestApi
const secretBox = createSecretBox([{ id: 'test', key: randomBytes(32) }])

const pagesWith = (publicUrl: string, smtpUrl?: string) => {
  const { database } = clone
  const mailServer = smtpUrl === undefined ? undefined : parseMailServer(smtpUrl)
  return notificationsFeature({
    database,
    secretBox,
    clock: createClock(),
    config: { publicUrl, ...(mailServer && { mailServer }) },
    jobs: createJobQueue({ database, log: testLog() }),
    metrics: createMetrics(),
  }).pages
}
beforeAll(async () => {
  clone = await testDatabase()
  api = await serveApi(clone.database, () => [], { secretBox, pages: pagesWith('http://localhost:3000') })
  for (const mail of sampleMails)
    await clone.database.transaction((tx) => api.notifications.send(tx, { email: 'ada@example.org' }, mail))
})
afterAll(async () => {
  await api.stop()
  await clone.drop()
})

/** As `fetch` does not: with any Host. */
async function get(path: string, headers: Record<string, string> = {}) {
  const asked = request(`${api.url}${path}`, { headers: { host: `localhost:${new URL(api.url).port}`, ...headers } })
  asked.end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  return { status: response.statusCode, headers: response.headers, text: await text(response) }
}

test('a developer sees every mail: in a list, one by one, and as JSON with its links', async () => {
  const list = await get('/mailbox')
  expect(list).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
  expect(list.text).toContain('For development.')
  const { data } = JSON.parse((await get('/mailbox.json?to=Ada@example.org')).text) as {
    data: { id: string; to: string; subject: string; text: string; links: string[] }[]
  }
  expect(data).toHaveLength(sampleMails.length)
  const verify = data.find(({ subject }) => subject === 'Confirm your e-mail address')
  expect(verify).toMatchObject({ to: 'ada@example.org', links: [sampleLink] })
  expect(verify?.text).toContain(sampleLink)
  for (const { id, subject } of data) {
    expect(list.text).toContain(`/mailbox/${id}`)
    expect((await get(`/mailbox/${id}`)).text).toContain(subject)
  }
  expect(JSON.parse((await get('/mailbox.json?to=other@example.org')).text)).toEqual({ data: [] })
  expect((await get('/mailbox/nonsense')).status).toBe(404)
})

test('a mail runs nothing in the mailbox, whatever somebody put into it', async () => {
  const { data } = JSON.parse((await get('/mailbox.json')).text) as { data: { id: string }[] }
  for (const { id } of data) {
    const [view, letter] = [await get(`/mailbox/${id}`), await get(`/mailbox/${id}/html`)]
    for (const { headers, text } of [view, letter]) {
      expect(headers['content-security-policy']).toContain("default-src 'none'")
      expect(headers['content-security-policy']).not.toContain('script-src')
      expect(text).not.toContain('<img')
      expect(text).not.toContain(hostile)
    }
    expect(letter.headers['content-security-policy']).toMatch(/; sandbox allow-popups allow-popups-to-escape-sandbox$/)
    expect(view.text).toContain('sandbox="allow-popups')
  }
})

test.each([
  ['X-Forwarded-For', '127.0.0.1'],
  ['X-Forwarded-Host', 'localhost'],
  ['X-Forwarded-Proto', 'http'],
  ['X-Real-IP', '127.0.0.1'],
  ['Forwarded', 'for=127.0.0.1'],
  ['Via', '1.1 proxy'],
  ['Host', 'berth.example.com'],
  ['Host', 'localhost.example.com'],
  ['Host', '127.0.0.1.nip.io:3000'],
  ['Host', 'localhost@example.com'],
])('nobody who comes with %s: %s looks into it', async (name, value) => {
  for (const path of ['/mailbox', '/mailbox.json', '/mailbox/style.css'])
    expect((await get(path, { [name]: value })).status).toBe(404)
})

test.each(['localhost', 'LOCALHOST:80', '127.0.0.1:3000', '[::1]:3000'])('%s is this machine', async (host) => {
  expect((await get('/mailbox.json', { Host: host })).status).toBe(200)
})

test('a proxy that hides itself behind HTTP/1.0 is refused', async () => {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1')
  socket.write('GET /mailbox.json HTTP/1.0\r\nHost: localhost:3000\r\n\r\n')
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 404 /)
})

test.each([
  ['127.0.0.1', true],
  ['127.8.8.8', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['10.0.0.5', false],
  ['172.17.0.1', false],
  ['::ffff:192.168.1.4', false],
  ['fe80::1', false],
  ['', false],
])('a connection from %s is of this machine: %s', (remoteAddress, local) => {
  const headers = { host: 'localhost:3000' }
  expect(isLocalRequest({ remoteAddress, headers, httpVersion: '1.1', params: {}, query: new URLSearchParams() })).toBe(
    local,
  )
})

test('where people use Berth, or mails are sent, there is no mailbox', () => {
  expect(pagesWith('http://localhost:3000').length).toBeGreaterThan(0)
  expect(pagesWith('http://[::1]:3000').length).toBeGreaterThan(0)
  expect(pagesWith('https://berth.example.com')).toEqual([])
  expect(pagesWith('https://localhost.example.com')).toEqual([])
  expect(pagesWith('http://192.168.1.4:3000')).toEqual([])
  expect(pagesWith('http://localhost:3000', 'smtp://localhost:1025')).toEqual([])
})
