import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { Database } from '../db/database.ts'
import { testDatabase, type TestDatabase } from '../test/database.ts'
import { serveApi, type SignedIn, type TestApi } from '../features/auth/testing.ts'
import { conflict } from '../lib/errors.ts'
import { newId } from '../lib/ids.ts'
import { reply, route } from './route.ts'
import { idParam } from './schemas.ts'
import { status } from './status.ts'

let own: TestDatabase
let database: Database
let api: TestApi
let person: SignedIn
/** What the next change does after it has written: set by a test. */
let afterWrite = async () => {}

const orders = route({
  method: 'post',
  path: '/orders',
  permission: 'user',
  summary: 'Order',
  tags: ['Orders'],
  idempotent: true,
  body: z.object({ name: z.string(), options: z.record(z.string(), z.string()).exactOptional() }),
  responses: {
    [status.created]: { description: 'Ordered', schema: z.object({ id: idParam('category'), secret: z.string() }) },
  },
  handler: ({ transaction, body }) =>
    transaction(async (tx) => {
      const id = newId()
      await tx.category.create({ data: { id, slug: id, name: body.name, updatedAt: new Date() } })
      await afterWrite()
      return reply(status.created, { id, secret: `password of ${id}` }, { Location: `/orders/${id}` })
    }),
})

beforeAll(async () => {
  own = await testDatabase()
  database = own.database
  api = await serveApi(database, () => [orders])
  person = await api.signIn()
})
afterAll(async () => {
  await api.stop()
  await own.drop()
})

const order = (key: string | undefined, body: object = { name: 'a' }, token = person.accessToken) =>
  api.send('POST', '/api/v1/orders', { token, body, headers: key === undefined ? {} : { 'Idempotency-Key': key } })
const count = (name: string) => database.prisma.category.count({ where: { name } })

test('a repeated request gets the first answer, word for word, and changes nothing', async () => {
  const first = await order('key-1', { name: 'repeated' })
  const again = await order('key-1', { name: 'repeated' })
  expect([again.status, again.body]).toEqual([201, first.body])
  expect(again.headers.get('location')).toBe(first.headers.get('location'))
  expect(again.headers.get('idempotency-replayed')).toBe('true')
  expect(await count('repeated')).toBe(1)
})

test('without a key every request is a change of its own', async () => {
  await Promise.all([order(undefined, { name: 'keyless' }), order(undefined, { name: 'keyless' })])
  expect(await count('keyless')).toBe(2)
})

test('the same members in another order are the same request; another body is not', async () => {
  await order('key-2', { name: 'ordered', options: { a: '1', b: '2' } })
  expect((await order('key-2', { options: { b: '2', a: '1' }, name: 'ordered' })).status).toBe(201)
  const other = await order('key-2', { name: 'ordered', options: { a: '1', b: '3' } })
  expect([other.status, other.body]).toMatchObject([422, { code: 'IDEMPOTENCY_KEY_REUSED' }])
})

test('a key belongs to its caller', async () => {
  const other = await api.signIn()
  const mine = await order('key-3', { name: 'owned' })
  const theirs = await order('key-3', { name: 'owned' }, other.accessToken)
  expect(theirs.status).toBe(201)
  expect(theirs.body).not.toEqual(mine.body)
})

test('while one runs, its twin is told to wait and does nothing', async () => {
  const gate = Promise.withResolvers<void>()
  const entered = Promise.withResolvers<void>()
  afterWrite = () => (entered.resolve(), gate.promise)
  const first = order('key-4', { name: 'running' })
  await entered.promise
  const twin = await order('key-4', { name: 'running' })
  expect([twin.status, twin.body]).toMatchObject([409, { code: 'IDEMPOTENCY_KEY_RUNNING' }])
  expect(twin.headers.get('retry-after')).toBe('1')
  gate.resolve()
  afterWrite = async () => {}
  expect((await first).status).toBe(201)
  expect(await count('running')).toBe(1)
})

test('what failed left nothing behind, and its key can be used again', async () => {
  afterWrite = () => Promise.reject(conflict('NO_CAPACITY', 'There is no room.'))
  expect((await order('key-5', { name: 'failed' })).status).toBe(409)
  afterWrite = async () => {}
  expect(await count('failed')).toBe(0)
  expect((await order('key-5', { name: 'failed' })).status).toBe(201)
})

test('a transaction that dies with its connection leaves no key stuck', async () => {
  afterWrite = async () => {
    afterWrite = async () => {}
    await database.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'",
    )
  }
  expect((await order('key-6', { name: 'killed' })).status).toBe(503)
  expect((await order('key-6', { name: 'killed' })).status).toBe(201)
  expect(await count('killed')).toBe(1)
})

test('answers are stored encrypted, and forgotten after a day', async () => {
  const first = await order('key-7', { name: 'kept' })
  const row = await database.prisma.idempotencyKey.findFirstOrThrow({ where: { key: 'key-7' } })
  expect(row.responseEncrypted).toMatch(/^v1\./)
  api.clock.move(24 * 60 * 60 * 1000 + 1)
  person = await api.signIn()
  await database.prisma.idempotencyKey.update({
    where: { callerId_route_key: { callerId: row.callerId, route: row.route, key: row.key } },
    data: { callerId: person.userId },
  })
  expect((await order('key-7', { name: 'kept' })).body).not.toEqual(first.body)
  expect(await count('kept')).toBe(2)
})

test('a key that is no key is refused', async () => {
  expect((await order('two words')).body).toMatchObject({ errors: [{ pointer: '/header/idempotency-key' }] })
  expect((await order('x'.repeat(256))).status).toBe(400)
})
