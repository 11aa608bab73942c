import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { Database } from '../../db/database.ts'
import { reply, route } from '../../http/route.ts'
import { eventStream } from '../../http/sse.ts'
import { status } from '../../http/status.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { serveApi, type TestApi } from '../auth/testing.ts'

/** What a personal access token lets in, over routes that say as whom they were asked. */

const asked = { [status.ok]: { description: 'As whom', schema: z.object({ role: z.string() }) } }
const shared = { summary: 'Asks', tags: ['Test'], responses: asked }
const routes = [
  route({
    ...shared,
    method: 'get',
    path: '/read',
    permission: 'user',
    scope: 'subscriptions:read',
    handler: async ({ caller }) => reply(status.ok, { role: caller.role }),
  }),
  route({
    ...shared,
    method: 'post',
    path: '/write',
    permission: 'user',
    scope: 'subscriptions:write',
    handler: async ({ caller }) => reply(status.ok, { role: caller.role }),
  }),
  route({
    ...shared,
    method: 'get',
    path: '/stream',
    permission: 'user',
    scope: 'events:read',
    stream: true,
    handler: ({ request, response }) => eventStream(response, request).closed,
  }),
  route({
    ...shared,
    method: 'get',
    path: '/all',
    permission: 'administrator',
    scope: 'admin:read',
    handler: async ({ caller }) => reply(status.ok, { role: caller.role }),
  }),
]

let own: TestDatabase
let database: Database
let api: TestApi
beforeAll(async () => {
  own = await testDatabase()
  database = own.database
  api = await serveApi(database, () => routes, { streamPermissionSeconds: 0.05 })
})
afterAll(async () => {
  await api.stop()
  await own.drop()
})

const get = (path: string, token: string) => api.send('GET', `/api/v1${path}`, { token })
const post = (path: string, token: string) => api.send('POST', `/api/v1${path}`, { token })

test("an administrator's token sees what is everybody's only where it was made for it", async () => {
  const person = await api.signIn('ADMINISTRATOR')
  const plain = await api.personalToken(person, ['subscriptions:read', 'subscriptions:write'])
  const reading = await api.personalToken(person, ['subscriptions:read', 'subscriptions:write', 'admin:read'])
  expect((await get('/read', plain)).body).toEqual({ role: 'USER' })
  expect((await get('/read', reading)).body).toEqual({ role: 'ADMINISTRATOR' })
  expect((await post('/write', reading)).body).toEqual({ role: 'USER' })
  expect((await get('/all', plain)).body).toMatchObject({ code: 'INSUFFICIENT_SCOPE', scope: 'admin:read' })
})

test('a demoted administrator keeps no right in a token', async () => {
  const person = await api.signIn('ADMINISTRATOR')
  const token = await api.personalToken(person, ['subscriptions:read', 'admin:read'])
  expect((await get('/all', token)).status).toBe(200)
  await database.prisma.user.update({ where: { id: person.userId }, data: { role: 'USER' } })
  expect((await get('/all', token)).body).toMatchObject({ code: 'ADMINISTRATORS_ONLY' })
  expect((await get('/read', token)).body).toEqual({ role: 'USER' })
})

test('a scope that is no longer known lets nobody in', async () => {
  const person = await api.signIn()
  const token = await api.personalToken(person, ['account:read'])
  await database.prisma.accessToken.updateMany({ where: { userId: person.userId }, data: { scopes: ['gone:read'] } })
  expect((await get('/me', token)).status).toBe(403)
})

test.each([
  ['revoked', { revokedAt: new Date() }, 'TOKEN_REVOKED'],
  ['expired', { expiresAt: new Date(0) }, 'TOKEN_EXPIRED'],
])('a token that was %s lets nobody in', async (_how, change, code) => {
  const person = await api.signIn()
  const token = await api.personalToken(person, ['account:read'])
  expect((await get('/me', token)).status).toBe(200)
  await database.prisma.accessToken.updateMany({ where: { userId: person.userId }, data: change })
  expect((await get('/me', token)).body).toMatchObject({ status: 401, code })
})

test('a mistyped token is refused without asking the database', async () => {
  const token = await api.personalToken(await api.signIn(), ['account:read'])
  expect((await get('/me', token.slice(0, -1))).body).toMatchObject({ status: 401, code: 'TOKEN_INVALID' })
})

type End = (person: { userId: string }) => Promise<unknown>
const ends: [string, End][] = [
  [
    'is revoked',
    ({ userId }) => database.prisma.accessToken.updateMany({ where: { userId }, data: { revokedAt: new Date() } }),
  ],
  [
    'belongs to somebody deactivated',
    ({ userId }) => database.prisma.user.update({ where: { id: userId }, data: { status: 'DEACTIVATED' } }),
  ],
  [
    'belongs to somebody demoted',
    ({ userId }) => database.prisma.user.update({ where: { id: userId }, data: { role: 'USER' } }),
  ],
]
test.each(ends)('a stream ends when its token %s', async (_how, end) => {
  const person = await api.signIn('ADMINISTRATOR')
  const token = await api.personalToken(person, ['events:read', 'admin:read'])
  const response = await fetch(`${api.url}/api/v1/stream`, { headers: { Authorization: `Bearer ${token}` } })
  const read = response.text()
  await end(person)
  expect(await read).toContain('retry:')
})

test('a stream ends when its administrator is demoted, although the sign-in lives on', async () => {
  const { userId, accessToken } = await api.signIn('ADMINISTRATOR')
  const response = await fetch(`${api.url}/api/v1/stream`, { headers: { Authorization: `Bearer ${accessToken}` } })
  const read = response.text()
  await database.prisma.user.update({ where: { id: userId }, data: { role: 'USER' } })
  expect(await read).toContain('retry:')
})
