import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { Database } from '../../db/database.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { eventually } from '../../test/eventually.ts'
import { isAnyoneWaiting } from '../../test/locks.ts'
import { codeOf, serveApi, type SignedIn, type TestApi } from '../auth/testing.ts'
import { accessTokenRoutes } from './routes.ts'
import { createAccessTokens, type AccessTokens } from './service.ts'

let own: TestDatabase
let database: Database
let tokens: AccessTokens
let api: TestApi
beforeAll(async () => {
  own = await testDatabase()
  database = own.database
  api = await serveApi(database, ({ clock, notifications }) => {
    tokens = createAccessTokens({ database, clock, notifications })
    return accessTokenRoutes(tokens)
  })
})
afterAll(async () => {
  await api.stop()
  await own.drop()
})

const made = z.object({ id: z.string(), token: z.string(), hint: z.string() })
const path = '/api/v1/me/tokens'
const wanted = { name: 'CI', scopes: ['account:read'] }

async function make({ accessToken: token }: SignedIn, body: object = {}) {
  const answer = await api.send('POST', path, { token, body: { ...wanted, ...body } })
  return { answer, ...made.parse(answer.body) }
}
const me = (token: string) => api.send('GET', '/api/v1/me', { token })

test('none is made for an account that is deactivated at this very moment, to come back with it', async () => {
  const person = await api.signIn()
  let asked: ReturnType<typeof api.send> | undefined
  await database.transaction(async (tx) => {
    await tx.user.update({ where: { id: person.userId }, data: { status: 'DEACTIVATED' } })
    asked = api.send('POST', path, { token: person.accessToken, body: wanted })
    await eventually(() => isAnyoneWaiting(database))
  })
  const answer = await asked
  expect([answer?.status, answer && codeOf(answer)]).toEqual([401, 'SESSION_ENDED'])
  expect(await database.prisma.accessToken.count({ where: { userId: person.userId } })).toBe(0)
})

test('a token is shown once, and stored so that nobody can read it back', async () => {
  const person = await api.signIn()
  const { answer, id, token, hint } = await make(person)
  expect([answer.status, answer.headers.get('location')]).toEqual([201, `${path}/${id}`])
  expect(token.startsWith(hint.slice(0, -1))).toBe(true)
  expect((await me(token)).body).toMatchObject({ email: person.email })
  const list = await api.send('GET', path, { token: person.accessToken })
  const one = await api.send('GET', `${path}/${id}`, { token: person.accessToken })
  const rows = JSON.stringify(await database.prisma.accessToken.findMany())
  const audit = JSON.stringify(await database.prisma.auditEvent.findMany())
  for (const text of [list.text, one.text, rows, audit]) expect(text).not.toContain(token.slice(20))
})

test('its owner is mailed about a new token, without the token', async () => {
  const person = await api.signIn()
  const { token } = await make(person, { name: 'For the mail' })
  const mails = await api.mailsTo(person.email)
  expect(mails).toMatchObject([
    { kind: 'access-token-created', data: { name: 'For the mail', ipAddress: '127.0.0.1' } },
  ])
  expect(JSON.stringify(mails)).not.toContain(token.slice(20))
})

test('a token ends after 90 days where nothing else is said, and no token lasts longer than a year', async () => {
  const person = await api.signIn()
  const { token } = await make(person)
  const year = await make(person, { expiresInDays: 365 })
  const tooLong = { ...wanted, expiresInDays: 366 }
  expect((await api.send('POST', path, { token: person.accessToken, body: tooLong })).status).toBe(400)
  const day = 24 * 3_600_000
  api.clock.move(90 * day - 60_000)
  expect((await me(token)).status).toBe(200)
  api.clock.move(60_000)
  expect((await me(token)).body).toMatchObject({ code: 'TOKEN_EXPIRED' })
  expect((await me(year.token)).status).toBe(200)
  api.clock.move(-90 * day)
})

test('a customer cannot give a token rights that they have not', async () => {
  const body = { ...wanted, scopes: ['admin:read'] }
  const [customer, administrator] = [await api.signIn(), await api.signIn('ADMINISTRATOR')]
  expect((await api.send('POST', path, { token: customer.accessToken, body })).body).toMatchObject({ status: 403 })
  expect((await api.send('POST', path, { token: administrator.accessToken, body })).status).toBe(201)
})

test.each([[[]], [['everything']], [['account:read', 'account:read']]])('scopes %o are refused', async (scopes) => {
  const { accessToken: token } = await api.signIn()
  expect((await api.send('POST', path, { token, body: { ...wanted, scopes } })).status).toBe(400)
})

test('a leaked token makes, lists and revokes no tokens', async () => {
  const person = await api.signIn()
  const { token, id } = await make(person)
  for (const [method, where] of [
    ['POST', path],
    ['GET', path],
    ['DELETE', `${path}/${id}`],
  ] as const)
    expect((await api.send(method, where, { token })).body).toMatchObject({ code: 'INSUFFICIENT_SCOPE', scope: null })
})

test('a revoked token stops at once, and leaves a row that says who did it', async () => {
  const person = await api.signIn()
  const { token, id } = await make(person)
  const stranger = await api.signIn()
  const remove = (by: SignedIn) => api.send('DELETE', `${path}/${id}`, { token: by.accessToken })
  expect((await remove(stranger)).status).toBe(404)
  expect((await me(token)).status).toBe(200)
  expect((await remove(person)).status).toBe(204)
  expect((await me(token)).body).toMatchObject({ status: 401, code: 'TOKEN_REVOKED' })
  expect((await remove(person)).status).toBe(404)
  const audit = await database.prisma.auditEvent.findMany({
    where: { actorId: person.userId, targetType: 'accessToken' },
  })
  expect(audit.map(({ action }) => action).sort()).toEqual(['access-token.create', 'access-token.revoke'])
})

test("revoking all of somebody's tokens stops each of them and nobody else's", async () => {
  const [person, other] = [await api.signIn(), await api.signIn()]
  const [first, second, others] = [await make(person), await make(person), await make(other)]
  expect((await api.send('DELETE', path, { token: person.accessToken })).body).toEqual({ revoked: 2 })
  expect((await me(first.token)).status).toBe(401)
  expect((await me(second.token)).status).toBe(401)
  expect((await me(others.token)).status).toBe(200)
})

test('somebody deactivated has no token that works', async () => {
  const person = await api.signIn()
  const { token } = await make(person)
  await database.prisma.user.update({ where: { id: person.userId }, data: { status: 'DEACTIVATED' } })
  expect((await me(token)).status).toBe(401)
})

test('nobody fills the table: 50 tokens live at a time, also of those asked for at once', async () => {
  const person = await api.signIn()
  const [tokenHash, hint] = [(n: number) => Uint8Array.from([n, ...Buffer.from(person.userId)]), 'x']
  const row = { userId: person.userId, name: 'x', hint, scopes: ['account:read'] }
  await database.prisma.accessToken.createMany({
    data: Array.from({ length: 49 }, (_, n) => ({ id: crypto.randomUUID(), ...row, tokenHash: tokenHash(n) })),
  })
  const send = () => api.send('POST', path, { token: person.accessToken, body: wanted })
  const answers = await Promise.all(Array.from({ length: 12 }, send))
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  expect(answers.map(({ body }) => body)).toContainEqual(expect.objectContaining({ code: 'TOKEN_LIMIT', limit: 50 }))
})

test('the last use is told to the minute, and a busy token is not written at each request', async () => {
  const person = await api.signIn()
  const { id, token } = await make(person)
  const uuid = id.slice('pat_'.length)
  const row = () => database.prisma.accessToken.findUniqueOrThrow({ where: { id: uuid } })
  await Promise.all(Array.from({ length: 20 }, () => me(token)))
  const first = await eventually(async () => {
    const { lastUsedAt, lastIpAddress } = await row()
    if (!lastUsedAt) throw new Error('not noted yet')
    return { lastUsedAt, lastIpAddress }
  })
  expect(first.lastIpAddress).toBe('127.0.0.1')
  await me(token)
  expect((await row()).lastUsedAt).toEqual(first.lastUsedAt)
  api.clock.move(61_000)
  await me(token)
  await eventually(async () => (await row()).lastUsedAt?.getTime() !== first.lastUsedAt.getTime())
})

test('what ended a month ago is removed, and nothing else', async () => {
  const person = await api.signIn()
  const [short, long] = [await make(person, { expiresInDays: 1 }), await make(person)]
  api.clock.move(32 * 24 * 3_600_000)
  await tokens.removeEnded()
  const left = await database.prisma.accessToken.findMany({ where: { userId: person.userId } })
  expect(left.map(({ id }) => `pat_${id}`)).toEqual([long.id])
  expect(short.id).not.toBe(long.id)
})
