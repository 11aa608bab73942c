import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../../db/database.ts'
import { encodeId } from '../../lib/ids.ts'
import { serveAllFeatures } from '../../test/all-features.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { insertSubscription } from '../../test/subscription-row.ts'
import { testPassword, type SignedIn, type TestApi } from '../auth/testing.ts'
import { asAdministrator, pathOf } from './testing.ts'

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

const terminate = (id: string) =>
  database.prisma.subscription.update({
    where: { id },
    data: { entitlement: 'TERMINATED', terminatedAt: new Date(), purgeRequestedAt: new Date() },
  })

test('who owns something that lives is not deleted, and the answer says what', async () => {
  const person = await api.signIn()
  const { subscriptionId } = await insertSubscription(database, person)
  const { status, body } = await ask('DELETE', pathOf(person))
  expect([status, body]).toMatchObject([
    409,
    {
      code: 'USER_HAS_SUBSCRIPTIONS',
      count: 1,
      subscriptions: [{ id: encodeId('subscription', subscriptionId), name: 'mine' }],
    },
  ])
  await terminate(subscriptionId)
  expect((await ask('DELETE', pathOf(person))).status).toBe(204)
  // The history is kept, under an id that nobody is behind any more.
  expect(await database.prisma.subscription.findUnique({ where: { id: subscriptionId } })).toMatchObject({
    createdById: person.userId,
  })
})

test('a deleted user has left no trace of who they were in any table', { timeout: 60_000 }, async () => {
  const person = await api.signIn()
  const secrets = ['Ottilie', 'Quaxelberg', '+43 1 5550199', person.email]
  await api.send('PATCH', '/api/v1/me', {
    token: person.accessToken,
    body: { name: secrets[0], company: secrets[1], phone: secrets[2] },
    headers: { 'User-Agent': 'a browser' },
  })
  await api.personalToken(person, ['account:read'])
  await ask('PATCH', pathOf(person), { name: 'Ottilie Second' })
  await ask('POST', pathOf(person, '/deactivate'))
  expect(await tablesWith(secrets)).not.toEqual([])
  expect((await ask('DELETE', pathOf(person))).status).toBe(204)
  expect(await tablesWith(secrets)).toEqual([])
  const { body } = await ask('GET', pathOf(person))
  expect(body).toMatchObject({ name: 'Deleted user', status: 'DEACTIVATED', role: 'USER' })
  expect(await database.prisma.auditEvent.count({ where: { actorId: person.userId } })).toBeGreaterThan(0)
})

/** Every table that holds one of the texts anywhere in a row. */
async function tablesWith(texts: readonly string[]): Promise<string[]> {
  const tables = await database.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'pgboss')`,
  )
  const found: string[] = []
  for (const { name } of tables) {
    const rows = await database.query(
      `SELECT 1 FROM ${name} t WHERE EXISTS (SELECT 1 FROM unnest($1::text[]) x WHERE t::text ILIKE '%' || x || '%') LIMIT 1`,
      [texts],
    )
    if (rows.length > 0) found.push(name)
  }
  return found
}

test('a deleted user stays deleted: nothing changes, activates or invites them', async () => {
  const person = await api.signIn()
  await ask('DELETE', pathOf(person))
  const answers = await Promise.all([
    ask('PATCH', pathOf(person), { name: 'Back' }),
    ask('POST', pathOf(person, '/activate')),
    ask('POST', pathOf(person, '/invitation')),
    ask('DELETE', pathOf(person)),
  ])
  expect(answers.map(({ status, body }) => [status, body.code])).toEqual(answers.map(() => [409, 'USER_DELETED']))
  expect((await api.send('GET', '/api/v1/me', { token: person.accessToken })).status).toBe(401)
})

test('nobody keeps a user from being deleted by taking the address that they are given then', async () => {
  const person = await api.signIn()
  const address = `deleted-${person.userId}@Deleted.Invalid`
  const registration = { email: address, password: 'violet kettle marsh', name: 'Squatter' }
  const answers = await Promise.all([
    api.send('POST', '/api/v1/auth/register', { body: registration }),
    api.send('POST', '/api/v1/me/change-email', {
      token: person.accessToken,
      body: { password: testPassword, newEmail: address },
    }),
    ask('POST', '/api/v1/users', { email: address, name: 'Squatter' }),
    ask('PATCH', pathOf(administrator), { email: address }),
  ])
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400])
  expect((await ask('DELETE', pathOf(person))).status).toBe(204)
})

test('the address of a deleted user is free again', async () => {
  const person = await api.signIn()
  await ask('DELETE', pathOf(person))
  expect((await ask('POST', '/api/v1/users', { email: person.email, name: 'New' })).status).toBe(201)
})

test('an order that was under way while its user was deleted is not accepted', async () => {
  const person = await api.signIn()
  await ask('DELETE', pathOf(person))
  await expect(insertSubscription(database, person)).rejects.toThrow('subscriptions_orderer_active')
})

test('what the trail says of a person cannot be changed, nor taken away while they have an account', async () => {
  const person = await api.signIn()
  await ask('PATCH', pathOf(person), { name: 'Kept' })
  const where = { userId: person.userId }
  await expect(database.prisma.auditPersonalValues.deleteMany({ where })).rejects.toThrow('audit_personal_values_kept')
  await expect(database.prisma.auditPersonalValues.updateMany({ where, data: { after: {} } })).rejects.toThrow(
    'audit_personal_values_append_only',
  )
})
