import { randomBytes } from 'node:crypto'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { Database } from '../../db/database.ts'
import { createLog } from '../../lib/log.ts'
import { createSecretBox } from '../../lib/secret-box.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { createSigningKeys } from './signing-keys.ts'
import { createTestClock, serveApi, type TestApi } from './testing.ts'

let own: TestDatabase
let database: Database
let api: TestApi
const secretBox = createSecretBox([{ id: 'test', key: randomBytes(32) }])
beforeAll(async () => {
  own = await testDatabase()
  database = own.database
  api = await serveApi(database, () => [], { secretBox })
})
afterAll(async () => {
  await api.stop()
  await own.drop()
})

test('processes that start together agree on one first key', async () => {
  const processes = Array.from({ length: 8 }, () =>
    createSigningKeys({ database, secretBox, clock: createTestClock() }),
  )
  const first = await Promise.all(processes.map((keys) => keys.current()))
  expect(new Set(first.map(({ kid }) => kid)).size).toBe(1)
  expect(await database.prisma.signingKey.count()).toBe(1)
})

test('the private half is never stored in clear, nor published', async () => {
  const [row] = await database.prisma.signingKey.findMany()
  expect(row?.privateJwkEncrypted).toMatch(/^v1\.test\./)
  expect(Object.keys(row?.publicJwk as object).sort()).toEqual(['crv', 'kty', 'x'])
  const { text } = await api.send('GET', '/.well-known/jwks.json')
  expect(text).not.toContain('"d"')
})

test('others can verify an access token with the published keys', async () => {
  const person = await api.signIn()
  const jwks = createRemoteJWKSet(new URL(`${api.url}/.well-known/jwks.json`))
  const { payload } = await jwtVerify(person.accessToken, jwks, { audience: 'berth-api', issuer: 'http://berth.test' })
  expect(payload.sub).toBe(person.userId)
})

test('rotation: the next key is published before it signs, and the old one until its last token has expired', async () => {
  const clock = createTestClock()
  const [here, elsewhere] = [1, 2].map(() => createSigningKeys({ database, secretBox, clock }))
  const { kid: old } = (await here?.current()) ?? {}
  const next = (await here?.rotate())?.kid ?? ''
  expect((await here?.current())?.kid).toBe(old)
  clock.move(4 * 60_000)
  expect((await elsewhere?.jwks())?.keys.map(({ kid }) => kid)).toEqual([old, next])
  expect((await elsewhere?.current())?.kid).toBe(old)
  clock.move(61_000)
  expect((await elsewhere?.current())?.kid).toBe(next)
  expect(await elsewhere?.publicKey(old ?? '')).toBeDefined()
  clock.move(21 * 60_000)
  expect(await elsewhere?.publicKey(old ?? '')).toBeUndefined()
  expect((await here?.jwks())?.keys.map(({ kid }) => kid)).toEqual([next])
})

test('tokens that were signed before and after a rotation are both good, and others find both keys', async () => {
  const [administrator, customer] = [await api.signIn('ADMINISTRATOR'), await api.signIn()]
  const rotate = (token: string) => api.send('POST', '/api/v1/auth/signing-keys/rotate', { token })
  expect((await rotate(customer.accessToken)).status).toBe(403)
  const { kid } = z.object({ kid: z.string() }).parse((await rotate(administrator.accessToken)).body)
  api.clock.move(5 * 60_000 + 1)
  const later = await api.signIn()
  const [before, after] = [customer, later].map(({ accessToken }) => decodeProtectedHeader(accessToken).kid)
  expect(after).toBe(kid)
  expect(before).not.toBe(kid)
  for (const { accessToken } of [customer, later])
    expect((await api.send('GET', '/api/v1/me', { token: accessToken })).status).toBe(200)
  const { body } = await api.send('GET', '/.well-known/jwks.json')
  const published = z.object({ keys: z.array(z.object({ kid: z.string() })) }).parse(body)
  expect(published.keys.map((key) => key.kid)).toEqual(expect.arrayContaining([before, after]))
  const audited = await database.prisma.auditEvent.findFirst({
    where: { action: 'auth.rotate-signing-key', targetId: kid },
  })
  expect(audited).toMatchObject({ actorId: administrator.userId })
})

test('the key is replaced every month without anybody asking', async () => {
  const job = api.auth.feature.jobs.find(({ name }) => name === 'rotate-signing-key')
  expect(job?.schedule).toMatch(/^\d+ \d+ 1 \* \*$/)
  const before = await database.prisma.signingKey.count()
  await job?.run({}, { signal: AbortSignal.timeout(1_000), attempt: 1, log: createLog('silent') })
  expect(await database.prisma.signingKey.count()).toBe(before + 1)
})
