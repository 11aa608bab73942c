import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../../db/database.ts'
import { encodeId, newId } from '../../lib/ids.ts'
import { serveAllFeatures } from '../../test/all-features.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { makeCluster, makeService, type MadeService } from '../../test/factories.ts'
import type { SignedIn, TestApi } from '../auth/testing.ts'

/** What an organization may have, at ordering: a plan of 100 millicores and 128 MiB each. */

let own: TestDatabase
let database: Database
let api: TestApi
let administrator: SignedIn
let made: MadeService
beforeAll(async () => {
  own = await testDatabase()
  database = own.database
  api = await serveAllFeatures(database)
  administrator = await api.signIn('ADMINISTRATOR')
  made = await makeService(database.prisma)
  const cluster = await makeCluster(database.prisma)
  await database.prisma.worker.create({
    data: {
      id: newId(),
      clusterId: cluster.id,
      name: 'roomy',
      status: 'ACTIVE',
      ready: true,
      schedulable: true,
      cpuAllocatableMillicores: 1_000_000,
      memoryAllocatableBytes: 2n ** 40n,
      podsAllocatable: 1000,
    },
  })
})
afterAll(async () => {
  await api.stop()
  await own.drop()
})

const order = ({ accessToken: token }: SignedIn) =>
  api.send('POST', '/api/v1/subscriptions', {
    token,
    body: { service: made.service.slug, plan: made.plan.slug, name: `s-${randomUUID()}` },
  })

async function limit({ organizationId }: SignedIn, body: object): Promise<void> {
  const path = `/api/v1/organizations/${encodeId('organization', organizationId)}/limits`
  expect((await api.send('PATCH', path, { token: administrator.accessToken, body })).status).toBe(200)
}

test('without limits an organization orders as much as the cluster holds', async () => {
  expect((await order(await api.signIn())).status).toBe(202)
})

test.each([
  [{ maxSubscriptions: 2 }, 'subscriptions', { used: 2, asked: 1, allowed: 2 }],
  [{ maxCpuMillicores: 299 }, 'cpuMillicores', { used: 200, asked: 100, allowed: 299 }],
  [{ maxMemoryBytes: 300 * 2 ** 20 }, 'memoryBytes', { used: 2 ** 28, asked: 2 ** 27, allowed: 300 * 2 ** 20 }],
])('of orders at the same moment, no more than %o allows are accepted', async (limits, resource, amounts) => {
  const person = await api.signIn()
  await limit(person, limits)
  const answers = await Promise.all(Array.from({ length: 6 }, () => order(person)))
  expect(answers.map(({ status }) => status).sort()).toEqual([202, 202, 409, 409, 409, 409])
  const refused = answers.find(({ status }) => status === 409)
  expect(refused?.body).toMatchObject({ code: 'ORGANIZATION_LIMIT', exceeded: [{ resource, ...amounts }] })
  expect(await database.prisma.subscription.count({ where: { organizationId: person.organizationId } })).toBe(2)
})

test("one organization's limit holds up nobody else's order", async () => {
  const [full, free] = [await api.signIn(), await api.signIn()]
  await limit(full, { maxSubscriptions: 0 })
  expect([(await order(full)).status, (await order(free)).status]).toEqual([409, 202])
})

test('what is gone counts no longer, and what is canceled counts until its data is gone', async () => {
  const person = await api.signIn()
  await limit(person, { maxSubscriptions: 1 })
  expect((await order(person)).status).toBe(202)
  const where = { organizationId: person.organizationId }
  const { id } = await database.prisma.subscription.findFirstOrThrow({ where })
  expect((await order(person)).status).toBe(409)
  await database.prisma.reservation.update({ where: { subscriptionId: id }, data: { releasedAt: new Date() } })
  expect((await order(person)).status).toBe(202)
})

test('nobody is told of the cluster that it is full where their own limit is what refuses', async () => {
  const person = await api.signIn()
  await limit(person, { maxCpuMillicores: 0 })
  expect((await order(person)).body).toMatchObject({ code: 'ORGANIZATION_LIMIT' })
})
