import { randomBytes } from 'node:crypto'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../../db/database.ts'
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
  const next = (await here?.rotate()) ?? ''
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
