import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../../db/database.ts'
import { encodeId, newId } from '../../lib/ids.ts'
import { serveAllFeatures } from '../../test/all-features.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { insertSubscription } from '../../test/subscription-row.ts'
import type { SignedIn, TestApi } from '../auth/testing.ts'
import { asAdministrator, usersPath } from './testing.ts'

let own: TestDatabase
let database: Database
let api: TestApi
let administrator: SignedIn
let ask: ReturnType<typeof asAdministrator>
beforeAll(async () => {
  own = await testDatabase()
  database = own.database
  api = await serveAllFeatures(database)
  administrator = await api.signIn('ADMINISTRATOR')
  ask = asAdministrator(api, administrator)
})
afterAll(async () => {
  await api.stop()
  await own.drop()
})

type Result = { id: string; outcome: string; code?: string }
type Bulk = { results: Result[]; export?: { content: string; mediaType: string } }
const bulk = async (action: string, people: readonly { userId: string }[], more: object = {}) => {
  const ids = people.map(({ userId }) => encodeId('user', userId))
  const { status, body } = await ask('POST', `${usersPath}/bulk`, { action, ids, ...more })
  expect(status).toBe(200)
  return body as unknown as Bulk
}
const outcomes = ({ results }: Bulk) => results.map(({ outcome, code }) => code ?? outcome)
const people = (count: number) => Promise.all(Array.from({ length: count }, () => api.signIn()))

test('one that is refused stops no other, and each is in the trail, refused ones too', async () => {
  const [free, owner, last] = (await people(3)) as [SignedIn, SignedIn, SignedIn]
  await insertSubscription(database, owner)
  const list = [free, { userId: newId() }, owner, last]
  expect(outcomes(await bulk('delete', list))).toEqual(['DONE', 'USER_NOT_FOUND', 'USER_HAS_SUBSCRIPTIONS', 'DONE'])
  const rows = await database.prisma.auditEvent.findMany({
    where: { action: 'user.delete', targetId: { in: list.map(({ userId }) => userId) } },
    orderBy: { id: 'asc' },
  })
  expect(rows.map(({ targetId, result }) => [targetId, result])).toEqual(
    list.map(({ userId }, index) => [userId, index === 0 || index === 3 ? 'SUCCEEDED' : 'REFUSED']),
  )
  expect(new Set(rows.map(({ requestId }) => requestId)).size).toBe(1)
})

test('deactivating, activating, promoting and signing out do to each what they do to one', async () => {
  const list = await people(3)
  expect(outcomes(await bulk('sign-out', list))).toEqual(['DONE', 'DONE', 'DONE'])
  expect(outcomes(await bulk('sign-out', list))).toEqual(['UNCHANGED', 'UNCHANGED', 'UNCHANGED'])
  expect(outcomes(await bulk('deactivate', list))).toEqual(['DONE', 'DONE', 'DONE'])
  expect(outcomes(await bulk('activate', list.slice(0, 2)))).toEqual(['DONE', 'DONE'])
  expect(outcomes(await bulk('role', list, { role: 'ADMINISTRATOR' }))).toEqual(['DONE', 'DONE', 'DONE'])
  const rows = await database.prisma.user.findMany({ where: { id: { in: list.map(({ userId }) => userId) } } })
  expect(rows.map(({ role }) => role)).toEqual(['ADMINISTRATOR', 'ADMINISTRATOR', 'ADMINISTRATOR'])
  expect(rows.map(({ status }) => status).sort()).toEqual(['ACTIVE', 'ACTIVE', 'DEACTIVATED'])
})

test('who stands in a list twice is changed once', async () => {
  const [person] = (await people(1)) as [SignedIn]
  expect(outcomes(await bulk('deactivate', [person, person]))).toEqual(['DONE'])
})

test('a name that is a formula is text in the exported file, which holds no secret', async () => {
  const [person] = (await people(1)) as [SignedIn]
  await database.prisma.user.update({ where: { id: person.userId }, data: { name: '=cmd|calc', company: 'A, B' } })
  const csv = (await bulk('export', [person], { format: 'csv' })).export
  expect(csv?.mediaType).toBe('text/csv; charset=utf-8')
  const [header, line] = csv?.content.split('\r\n') ?? []
  expect(header).toMatch(/^id,email,name,company,/)
  expect(line).toContain(`,'=cmd|calc,"A, B",`)
  const json = (await bulk('export', [person])).export
  expect(JSON.parse(json?.content ?? '')).toMatchObject([{ email: person.email, name: '=cmd|calc' }])
  expect(`${csv?.content}${json?.content}`).not.toMatch(/argon2|password/i)
})

test.each([
  ['nobody', { action: 'delete', ids: [] }],
  ['more than a hundred', { action: 'delete', ids: Array.from({ length: 101 }, () => encodeId('user', newId())) }],
  ['a role that is not named', { action: 'role', ids: [encodeId('user', newId())] }],
  ['an action that does not exist', { action: 'promote', ids: [encodeId('user', newId())] }],
])('%s is refused as a whole', async (_, body) => {
  expect((await ask('POST', `${usersPath}/bulk`, body)).status).toBe(400)
})
