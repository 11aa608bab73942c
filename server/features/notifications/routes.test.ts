import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { serveAllFeatures } from '../../test/all-features.ts'
import { encodeId } from '../../lib/ids.ts'
import type { SignedIn, TestApi } from '../auth/testing.ts'
import { idOf, sampleMails, sampleLink } from './testing.ts'

let clone: TestDatabase
let api: TestApi
let admin: SignedIn
beforeAll(async () => {
  clone = await testDatabase()
  api = await serveAllFeatures(clone.database)
  admin = await api.signIn('ADMINISTRATOR')
})
afterAll(async () => {
  await api.stop()
  await clone.drop()
})
beforeEach(() => clone.database.query('DELETE FROM notifications'))

type Row = { id: string; kind: string; recipient: string; state: string; lastError: string | null; retryable: boolean }
type Listed = { data: Row[]; page: { nextCursor: string | null } }

const mailed = async (email: string, kind = 'welcome', userId?: string): Promise<string> => {
  const mail = sampleMails.find((one) => one.kind === kind)
  if (!mail) throw new Error(`there is no sample of ${kind}`)
  const recipient = userId === undefined ? { email } : { email, userId }
  return idOf(await clone.database.transaction((tx) => api.notifications.send(tx, recipient, mail)))
}
const list = async (query = ''): Promise<Listed> => {
  const { status, body } = await api.send('GET', `/api/v1/notifications${query}`, { token: admin.accessToken })
  expect(status).toBe(200)
  return body as Listed
}
const recipients = async (query: string) => (await list(query)).data.map(({ recipient }) => recipient)
const fail = (id: string) =>
  clone.database.query(`UPDATE notifications SET state = 'FAILED', last_error = 'no', attempts = 3 WHERE id = $1`, [id])
const retry = (id: string) =>
  api.send('POST', `/api/v1/notifications/${encodeId('notification', id)}/retry`, { token: admin.accessToken })
const jobsOf = (id: string) =>
  clone.database.query(`SELECT 1 FROM pgboss.job WHERE name = 'send-mail' AND data->>'notificationId' = $1`, [id])

test('no administrator reads in the list what lets somebody else in', async () => {
  for (const { kind } of sampleMails) await mailed('ada@example.org', kind)
  const all = await api.send('GET', '/api/v1/notifications?limit=100', { token: admin.accessToken })
  expect((all.body as Listed).data).toHaveLength(sampleMails.length)
  expect(all.text).not.toMatch(/token=|https?:\/\/berth\.test/)
  expect(all.text).not.toContain(sampleLink)
})

test('pages follow each other without a gap or a repetition', async () => {
  const made: string[] = []
  for (let n = 0; n < 7; n += 1) made.unshift(encodeId('notification', await mailed(`p${n}@example.org`)))
  await clone.database.query(`UPDATE notifications SET created_at = '2026-01-01Z'`)
  const found: string[] = []
  let query = '?limit=3'
  for (;;) {
    const { data, page } = await list(query)
    found.push(...data.map(({ id }) => id))
    if (page.nextCursor === null) break
    query = `?limit=3&cursor=${page.nextCursor}`
  }
  expect(found).toEqual(made)
})

test('filters find what they name, and a wildcard in an address is a letter', async () => {
  await mailed('Ada@Example.org')
  await mailed('ad_m@example.org', 'new-device', admin.userId)
  await fail(await mailed('adam@example.org'))
  expect(await recipients('?q=ADA')).toEqual(['adam@example.org', 'ada@example.org'])
  expect(await recipients('?q=ad_m')).toEqual(['ad_m@example.org'])
  expect(await recipients('?q=%25')).toEqual([])
  expect(await recipients('?state=FAILED')).toEqual(['adam@example.org'])
  expect(await recipients('?kind=new-device')).toEqual(['ad_m@example.org'])
  expect(await recipients(`?user=${encodeId('user', admin.userId)}`)).toEqual(['ad_m@example.org'])
})

test('a failed mail is sent again when an administrator asks, and the audit trail says who did', async () => {
  const id = await mailed('ada@example.org')
  await fail(id)
  expect((await list()).data).toMatchObject([{ state: 'FAILED', lastError: 'no', retryable: true }])
  const answer = await retry(id)
  expect(answer).toMatchObject({ status: 202, body: { state: 'PENDING', lastError: null } })
  expect(await jobsOf(id)).toHaveLength(2)
  const audited = await clone.database.prisma.auditEvent.findFirstOrThrow({ where: { targetId: id } })
  expect(audited).toMatchObject({ action: 'notification.retry', actorId: admin.userId, before: { state: 'FAILED' } })
})

test('what was sent, or says nothing any more, is not sent again', async () => {
  const sent = await mailed('ada@example.org')
  await clone.database.query(`UPDATE notifications SET state = 'SENT', sent_at = now() WHERE id = $1`, [sent])
  expect(await retry(sent)).toMatchObject({ status: 409, body: { code: 'INVALID_STATE', state: 'SENT' } })
  const old = await mailed('ada@example.org')
  await fail(old)
  await clone.database.query('UPDATE notifications SET data_encrypted = NULL WHERE id = $1', [old])
  expect(await retry(old)).toMatchObject({ status: 409, body: { code: 'NOTIFICATION_EMPTIED' } })
  const unknown = await retry('01931f2e-5a7c-7b3d-9e21-6c0f8a4d2b10')
  expect(unknown).toMatchObject({ status: 404, body: { code: 'NOTIFICATION_NOT_FOUND' } })
})
