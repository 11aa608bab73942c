import { createHash, randomBytes } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { Database } from '../../db/database.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { serveApi, type SignedIn, type TestApi } from './testing.ts'

let own: TestDatabase
let database: Database
let api: TestApi
beforeAll(async () => {
  own = await testDatabase()
  database = own.database
  api = await serveApi(database)
})
afterAll(async () => {
  await api.stop()
  await own.drop()
})

const pair = z.object({ accessToken: z.string(), refreshToken: z.string() })
const refresh = (refreshToken: string) => api.send('POST', '/api/v1/auth/refresh', { body: { refreshToken } })
const refreshed = async (refreshToken: string) => pair.parse((await refresh(refreshToken)).body)
const me = (token: string) => api.send('GET', '/api/v1/me', { token })
const codeOf = ({ body }: { body: unknown }) => z.object({ code: z.string() }).parse(body).code
const tokensOf = (userId: string) => database.prisma.refreshToken.count({ where: { session: { userId } } })

async function expectFamilyEnded(person: SignedIn, ...tokens: string[]) {
  expect(codeOf(await me(person.accessToken))).toBe('SESSION_ENDED')
  for (const token of tokens) expect((await refresh(token)).status).toBe(401)
  const session = await database.prisma.session.findFirstOrThrow({ where: { userId: person.userId } })
  expect(session.revokedReason).toBe('REFRESH_TOKEN_REUSED')
  const audit = await database.prisma.auditEvent.count({
    where: { actorId: person.userId, action: 'auth.refresh-token-reused' },
  })
  expect(audit).toBe(1)
}

test('twenty tabs that refresh at once get one and the same pair', async () => {
  const person = await api.signIn()
  const pairs = await Promise.all(Array.from({ length: 20 }, () => refreshed(person.refreshToken)))
  expect(new Set(pairs.map((each) => JSON.stringify(each))).size).toBe(1)
  expect(await tokensOf(person.userId)).toBe(2)
  expect((await me(pairs[0]?.accessToken ?? '')).status).toBe(200)
})

test('a tab that is ten seconds late ends the whole family: the token may be stolen', async () => {
  const person = await api.signIn()
  const next = await refreshed(person.refreshToken)
  api.clock.move(10_001)
  expect(codeOf(await refresh(person.refreshToken))).toBe('REFRESH_TOKEN_REUSED')
  await expectFamilyEnded(person, next.refreshToken, person.refreshToken)
})

test('an old token ends the family at once when its successor was used already', async () => {
  const person = await api.signIn()
  const second = await refreshed(person.refreshToken)
  const third = await refreshed(second.refreshToken)
  expect(codeOf(await refresh(person.refreshToken))).toBe('REFRESH_TOKEN_REUSED')
  await expectFamilyEnded(person, third.refreshToken)
})

test('one stolen family leaves the other sign-ins of its user alone', async () => {
  const [person, other] = [await api.signIn(), await api.signIn()]
  await refreshed(person.refreshToken)
  api.clock.move(10_001)
  await refresh(person.refreshToken)
  expect((await me(other.accessToken)).status).toBe(200)
})

test('neither the database nor an old token gives a successor away', async () => {
  const person = await api.signIn()
  const next = await refreshed(person.refreshToken)
  const rows = await database.prisma.refreshToken.findMany({ where: { session: { userId: person.userId } } })
  const stored = rows.map(({ tokenHash }) => Buffer.from(tokenHash).toString('base64url'))
  expect(stored).not.toContain(next.refreshToken)
  expect(stored).toContain(createHash('sha256').update(next.refreshToken).digest('base64url'))
  expect(Buffer.from(next.refreshToken, 'base64url')).toHaveLength(32)
})

test('a session that idles, or is old, has ended', async () => {
  const day = 24 * 60 * 60 * 1000
  const idle = await api.signIn()
  api.clock.move(15 * day)
  expect(codeOf(await refresh(idle.refreshToken))).toBe('SESSION_ENDED')
  const busy = await api.signIn()
  let token = busy.refreshToken
  for (let passed = 0; passed < 5; passed += 1) {
    api.clock.move(10 * day)
    token = (await refreshed(token)).refreshToken
  }
  api.clock.move(11 * day)
  expect(codeOf(await refresh(token))).toBe('SESSION_ENDED')
})

test('an access token lasts ten minutes, names its key and says nothing of rights', async () => {
  const person = await api.signIn()
  const { exp = 0, iat = 0, ...claims } = decodeJwt(person.accessToken)
  expect(exp - iat).toBe(600)
  expect(Object.keys(claims).sort()).toEqual(['aud', 'iss', 'sid', 'sub'])
  expect(decodeProtectedHeader(person.accessToken)).toMatchObject({ alg: 'EdDSA', typ: 'at+jwt' })
  api.clock.move(601_000)
  expect(codeOf(await me(person.accessToken))).toBe('TOKEN_EXPIRED')
  expect((await me((await refreshed(person.refreshToken)).accessToken)).status).toBe(200)
})

test('logging out stops the access token and the refresh token at once', async () => {
  const person = await api.signIn()
  const answer = await api.send('POST', '/api/v1/auth/logout', { token: person.accessToken })
  expect([answer.status, answer.headers.get('set-cookie')]).toEqual([204, expect.stringContaining('Max-Age=0')])
  expect(codeOf(await me(person.accessToken))).toBe('SESSION_ENDED')
  expect(codeOf(await refresh(person.refreshToken))).toBe('SESSION_ENDED')
})

test('a deactivated user is out at the next request, and a changed role counts at it', async () => {
  // The last one stays.
  await api.signIn('ADMINISTRATOR')
  const person = await api.signIn('ADMINISTRATOR')
  expect((await me(person.accessToken)).body).toMatchObject({ role: 'ADMINISTRATOR' })
  await database.prisma.user.update({ where: { id: person.userId }, data: { status: 'DEACTIVATED' } })
  expect(codeOf(await me(person.accessToken))).toBe('SESSION_ENDED')
  expect(codeOf(await refresh(person.refreshToken))).toBe('SESSION_ENDED')
})

test('forged and foreign tokens are refused', async () => {
  const person = await api.signIn()
  const [head = '', claims = '', signature = ''] = person.accessToken.split('.')
  const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url')
  const unknownKey = Buffer.from(
    JSON.stringify({ alg: 'EdDSA', typ: 'at+jwt', kid: '01931f2e-5a7c-7b3d-9e21-6c0f8a4d2b10' }),
  ).toString('base64url')
  const other = Buffer.from(JSON.stringify({ sub: 'x', sid: 'y', exp: 9e9 })).toString('base64url')
  const forged = [
    `${none}.${claims}.`,
    `${head}.${other}.${signature}`,
    `${unknownKey}.${claims}.${signature}`,
    `${head}.${claims}`,
    randomBytes(20).toString('hex'),
  ]
  for (const token of forged) expect([token, codeOf(await me(token))]).toEqual([token, 'TOKEN_INVALID'])
  const basic = await api.send('GET', '/api/v1/me', { headers: { Authorization: 'Basic YTpi' } })
  expect([basic.status, basic.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
})

test('housekeeping removes what ended long ago and nothing else', async () => {
  const day = 24 * 60 * 60 * 1000
  const old = await api.signIn()
  api.clock.move(80 * day)
  const present = await api.signIn()
  await api.auth.sessions.removeEnded()
  expect(await tokensOf(old.userId)).toBe(0)
  expect(await tokensOf(present.userId)).toBe(1)
})
