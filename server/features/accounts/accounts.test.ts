import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { Database } from '../../db/database.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { serveApi, type SignedIn, type TestApi } from '../auth/testing.ts'

let own: TestDatabase
let database: Database
let api: TestApi
let person: SignedIn
beforeAll(async () => {
  own = await testDatabase()
  database = own.database
  api = await serveApi(database)
  person = await api.signIn()
})
afterAll(async () => {
  await api.stop()
  await own.drop()
})

const patch = (body: object, headers: Record<string, string> = {}) =>
  api.send('PATCH', '/api/v1/me', { token: person.accessToken, body, headers })

test('a profile shows its owner what they are, and no secret', async () => {
  const { body, text } = await api.send('GET', '/api/v1/me', { token: person.accessToken })
  expect(body).toMatchObject({ email: person.email, role: 'USER', locale: 'en', timeZone: 'UTC', company: null })
  expect(text).not.toContain('assword')
})

test('absent fields stay and null empties', async () => {
  await patch({ company: 'Analytical Engines', phone: '+44 20 7946 0000' })
  const { body } = await patch({ phone: null, timeZone: 'Europe/Vienna' })
  expect(body).toMatchObject({ company: 'Analytical Engines', phone: null, timeZone: 'Europe/Vienna' })
})

test('of two who change the same version, one is told that it is too late', async () => {
  const etag = (await patch({})).headers.get('etag') ?? ''
  const answers = await Promise.all([
    patch({ name: 'First' }, { 'If-Match': etag }),
    patch({ name: 'Second' }, { 'If-Match': etag }),
  ])
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412])
  expect((await patch({ name: 'Any' }, { 'If-Match': '*' })).status).toBe(200)
  expect((await patch({ name: 'Weak' }, { 'If-Match': `W/${etag}` })).status).toBe(412)
  expect((await patch({ name: 'Nonsense' }, { 'If-Match': '"x"' })).status).toBe(412)
})

test('who has the present profile is sent nothing', async () => {
  const { headers } = await api.send('GET', '/api/v1/me', { token: person.accessToken })
  const known = { 'If-None-Match': headers.get('etag') ?? '' }
  expect((await api.send('GET', '/api/v1/me', { token: person.accessToken, headers: known })).status).toBe(304)
})

test.each([
  [{ name: '' }, '/name'],
  [{ name: null }, '/name'],
  [{ name: 'Ada\r\nBcc: all@example.org' }, '/name'],
  [{ company: 'turned \u202Egnp.exe' }, '/company'],
  [{ locale: 'xx-not-a-locale' }, '/locale'],
  [{ timeZone: 'Mars/Olympus' }, '/timeZone'],
  [{ phone: 'call me' }, '/phone'],
  [{ role: 'ADMINISTRATOR' }, '/role'],
  [{ email: 'other@example.org' }, '/email'],
])('%o is refused at %s', async (body, pointer) => {
  const answer = await patch(body)
  expect([answer.status, answer.body]).toMatchObject([400, { errors: [{ pointer }] }])
})

test('a change leaves a row that says from what to what', async () => {
  await patch({ name: 'Before' })
  await patch({ name: 'After' })
  const row = await database.prisma.auditEvent.findFirstOrThrow({
    where: { actorId: person.userId, action: 'account.update' },
    orderBy: { createdAt: 'desc' },
    include: { personalValues: true },
  })
  expect(row).toMatchObject({
    targetId: person.userId,
    personalValues: { before: { name: 'Before' }, after: { name: 'After' } },
  })
  expect(JSON.stringify([row.before, row.after])).not.toContain('Before')
})

test('of changes at the same moment, each is in the trail with what it replaced', async () => {
  const other = await api.signIn()
  const names = Array.from({ length: 8 }, (_, index) => `Name ${index}`)
  const change = (name: string) => api.send('PATCH', '/api/v1/me', { token: other.accessToken, body: { name } })
  await Promise.all(names.map(change))
  const rows = await database.prisma.auditPersonalValues.findMany({ where: { userId: other.userId } })
  const nameOf = (value: unknown) => z.looseObject({ name: z.string() }).parse(value).name
  // One after the other: what each replaced, no other one did.
  expect(new Set(rows.map(({ before }) => nameOf(before))).size).toBe(names.length)
})
