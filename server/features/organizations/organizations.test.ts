import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { Database } from '../../db/database.ts'
import { encodeId } from '../../lib/ids.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { insertSubscription } from '../../test/subscription-row.ts'
import { createAccounts } from '../accounts/service.ts'
import { serveApi, type SignedIn, type TestApi } from '../auth/testing.ts'
import { countries } from './countries.ts'
import { organizationRoutes } from './routes.ts'
import { createOrganizations } from './service.ts'

let own: TestDatabase
let database: Database
let api: TestApi
let person: SignedIn
let administrator: SignedIn
beforeAll(async () => {
  own = await testDatabase()
  database = own.database
  api = await serveApi(database, ({ clock }) => organizationRoutes(createOrganizations({ database, clock })))
  person = await api.signIn()
  administrator = await api.signIn('ADMINISTRATOR')
})
afterAll(async () => {
  await api.stop()
  await own.drop()
})

const pathOf = ({ organizationId }: SignedIn) => `/api/v1/organizations/${encodeId('organization', organizationId)}`
const ask = (who: SignedIn, method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
  api.send(method, path, { token: who.accessToken, ...(body && { body }), headers })

test('billing details are kept as they are written on an invoice', async () => {
  const body = {
    billingName: 'Analytical Engines Ltd',
    billingAddress: "12 St James's Square\nLondon",
    country: 'gb',
    vatId: 'GB 123.4567-89',
  }
  const { body: changed } = await ask(person, 'PATCH', pathOf(person), body)
  expect(changed).toMatchObject({ ...body, country: 'GB', vatId: 'GB123456789', role: 'OWNER' })
  const emptied = await ask(person, 'PATCH', pathOf(person), { vatId: null })
  expect(emptied.body).toMatchObject({ vatId: null, country: 'GB' })
})

test.each([
  [{ country: 'XX' }, '/country'],
  [{ country: 'Austria' }, '/country'],
  [{ vatId: '?' }, '/vatId'],
  [{ name: null }, '/name'],
  [{ maxSubscriptions: 1000 }, '/maxSubscriptions'],
])('%o is refused at %s', async (body, pointer) => {
  const answer = await ask(person, 'PATCH', pathOf(person), body)
  expect([answer.status, answer.body]).toMatchObject([400, { errors: [{ pointer }] }])
})

test('of two who change the same version, one is told that it is too late', async () => {
  const etag = (await ask(person, 'GET', pathOf(person))).headers.get('etag') ?? ''
  const change = (name: string) => ask(person, 'PATCH', pathOf(person), { name }, { 'If-Match': etag })
  const answers = await Promise.all([change('One'), change('Other')])
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412])
})

test("a stranger sees and changes nothing of somebody else's", async () => {
  const stranger = await api.signIn()
  for (const [method, path, body] of [
    ['GET', pathOf(person)],
    ['PATCH', pathOf(person), { name: 'Mine now' }],
    ['GET', `${pathOf(person)}/limits`],
  ] as const)
    expect((await ask(stranger, method, path, body)).status).toBe(404)
  const { text } = await ask(stranger, 'GET', '/api/v1/organizations')
  expect(text).not.toContain(person.organizationId)
})

test('a member who is no owner reads and does not change', async () => {
  const member = await api.signIn()
  const membership = { organizationId: person.organizationId, userId: member.userId, role: 'MEMBER' as const }
  await database.prisma.membership.create({ data: membership })
  expect((await ask(member, 'GET', pathOf(person))).body).toMatchObject({ role: 'MEMBER' })
  expect((await ask(member, 'PATCH', pathOf(person), { name: 'X' })).body).toMatchObject({ code: 'OWNERS_ONLY' })
})

test('an administrator sets limits, and its owner sees them with what is used', async () => {
  const { subscriptionId } = await insertSubscription(database, person)
  const { clusterId } = await database.prisma.subscription.findUniqueOrThrow({ where: { id: subscriptionId } })
  const held = { cpuMillicores: 250, memoryBytes: 2n ** 30n, storageBytes: 2n ** 31n }
  const { organizationId } = person
  await database.prisma.reservation.create({ data: { subscriptionId, clusterId, organizationId, ...held } })
  const limits = { maxSubscriptions: 3, maxCpuMillicores: 4000, maxMemoryBytes: 2 ** 33, maxStorageBytes: null }
  expect((await ask(administrator, 'PATCH', `${pathOf(person)}/limits`, limits)).body).toMatchObject({ limits })
  const { body } = await ask(person, 'GET', `${pathOf(person)}/limits`)
  expect(body).toEqual({
    limits,
    used: { subscriptions: 1, cpuMillicores: 250, memoryBytes: 2 ** 30, storageBytes: 2 ** 31 },
  })
  const audit = await database.prisma.auditEvent.findFirstOrThrow({ where: { action: 'organization.set-limits' } })
  expect(audit).toMatchObject({ actorId: administrator.userId, targetId: person.organizationId, after: limits })
})

test('who stands behind an organization goes out of the audit trail with its owner', async () => {
  await ask(administrator, 'PATCH', pathOf(person), { billingName: 'Told by an administrator' })
  const where = { action: 'organization.update', actorId: administrator.userId }
  const row = await database.prisma.auditEvent.findFirstOrThrow({ where, include: { personalValues: true } })
  expect(JSON.stringify([row.before, row.after])).not.toContain('Told')
  expect(row.personalValues).toMatchObject({
    userId: person.userId,
    after: { billingName: 'Told by an administrator' },
  })
})

const pageSchema = z.object({
  data: z.array(z.object({ id: z.string(), name: z.string(), role: z.string().nullable() })),
  page: z.object({ nextCursor: z.string().nullable() }),
})
const list = async (who: SignedIn, query: string) =>
  pageSchema.parse((await ask(who, 'GET', `/api/v1/organizations?${query}`)).body)

test('an administrator pages through all, finds by the beginning of a name, and sees their own alone', async () => {
  const people = [await api.signIn(), await api.signIn(), await api.signIn()]
  for (const one of people) await ask(one, 'PATCH', pathOf(one), { name: 'Zebra_100% & Söhne' })
  const first = await list(administrator, 'q=ZEBRA_100%25&limit=2')
  const rest = await list(administrator, `q=zebra_100%25&limit=2&cursor=${first.page.nextCursor ?? ''}`)
  const found = [...first.data, ...rest.data].map(({ id }) => id)
  expect(found).toEqual(people.map(({ organizationId }) => encodeId('organization', organizationId)).reverse())
  expect(rest.page.nextCursor).toBeNull()
  expect((await list(administrator, 'q=zebraX100')).data).toEqual([])
  expect((await list(administrator, 'mine=true')).data.map(({ role }) => role)).toEqual(['OWNER'])
  expect((await list(person, 'q=zebra')).data).toEqual([])
})

test('a new organization gets the limits that the settings say', async () => {
  const accounts = createAccounts({
    database,
    clock: api.clock,
    config: { defaultLimits: { maxSubscriptions: 2, maxMemoryBytes: 5n } },
  })
  const user = { email: 'limited@example.org', name: 'Limited', passwordHash: 'x', role: 'USER' as const }
  const made = await database.transaction((tx) => accounts.createUser(tx, user))
  expect(made?.organization).toMatchObject({ maxSubscriptions: 2, maxMemoryBytes: 5n, maxStorageBytes: null })
})

test('the countries are those that the runtime knows by name', () => {
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
  expect(countries.size).toBe(249)
  expect([...countries].filter((code) => names.of(code) === undefined)).toEqual([])
})
