import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Database } from '../../db/database.ts'
import { encodeId } from '../../lib/ids.ts'
import { serveAllFeatures } from '../../test/all-features.ts'
import { eventually } from '../../test/eventually.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { makeCluster, makeService, makeSubscription, makeUser } from '../../test/factories.ts'
import { isAnyoneWaiting } from '../../test/locks.ts'
import type { SignedIn, TestApi } from '../auth/testing.ts'

let own: TestDatabase
let database: Database
let api: TestApi
let operator: SignedIn
beforeAll(async () => {
  own = await testDatabase()
  database = own.database
  api = await serveAllFeatures(database)
  operator = await api.signIn('ADMINISTRATOR')
})
afterAll(async () => {
  await api.stop()
  await own.drop()
})

type Answer = { status: number; headers: Headers; body: unknown }
type Body = Record<string, unknown> & { id: string; plans: { id: string; version: number }[] }
const send = async (method: string, path: string, body?: unknown, headers?: Record<string, string>) => {
  const options = { token: operator.accessToken, ...(body !== undefined && { body }), ...(headers && { headers }) }
  const answer: Answer = await api.send(method, `/api/v1${path}`, options)
  return { ...answer, body: answer.body as Body }
}
const must = async (method: string, path: string, body?: unknown) => {
  const answer = await send(method, path, body)
  if (answer.status >= 300)
    throw new Error(`${method} ${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`)
  return answer.body
}
const refusal = async (method: string, path: string, body?: unknown, headers?: Record<string, string>) => {
  const answer = await send(method, path, body, headers)
  return [answer.status, answer.body?.['code']]
}
const visit = async (path: string) => (await api.send('GET', `/api/v1/catalog${path}`)).status

let number = 0
let slug = ''
beforeEach(async () => {
  number += 1
  slug = `service-${number}`
})

const plan = {
  slug: 'small',
  name: 'Small',
  price: { amount: 900, currency: 'EUR' },
  cpuMillicores: 100,
  memoryBytes: 2 ** 27,
}

async function draft(): Promise<string> {
  await send('POST', '/categories', { slug: 'tools', name: 'Tools' })
  const { id } = await must('POST', '/services', { slug, category: 'tools', name: `Service ${number}` })
  return id
}
/** As a customer's order leaves it. */
async function subscribeTo(service: { service: { id: string } } & Awaited<ReturnType<typeof makeService>>) {
  const { user, organization } = await makeUser(database.prisma)
  const cluster = await makeCluster(database.prisma)
  return makeSubscription(database.prisma, { organization, user, made: service, cluster })
}

test('a category with services in it is not deleted from under them', async () => {
  const id = await draft()
  const { category } = (await must('GET', `/services/${id}`)) as unknown as { category: { id: string } }
  expect(await refusal('DELETE', `/categories/${category.id}`)).toEqual([409, 'CATEGORY_IN_USE'])
  const other = await must('POST', '/categories', { slug: `empty-${number}`, name: 'Empty', icon: { monogram: 'E' } })
  expect(await refusal('DELETE', `/categories/${other.id}`, undefined, { 'If-Match': '"v9"' })).toEqual([
    412,
    'VERSION_CHANGED',
  ])
  expect((await send('DELETE', `/categories/${other.id}`)).status).toBe(204)
  expect(await refusal('POST', '/categories', { slug: 'tools', name: 'Again' })).toEqual([409, 'SLUG_TAKEN'])
})

test('nothing is on sale before there is something to run and a plan to buy', async () => {
  const id = await draft()
  expect(await visit(`/services/${slug}`)).toBe(404)
  expect(await refusal('POST', `/services/${id}/publish`)).toEqual([409, 'NOT_SELLABLE'])
  expect(await refusal('POST', `/services/${id}/retire`)).toEqual([409, 'INVALID_STATE'])
})

test('the last plan of what is on sale is neither hidden nor deleted', async () => {
  const { service, plan: only } = await makeService(database.prisma)
  const path = `/plans/${encodeId('plan', only.id)}`
  expect(await refusal('PATCH', path, { visible: false })).toEqual([409, 'NOT_SELLABLE'])
  expect(await refusal('DELETE', path)).toEqual([409, 'NOT_SELLABLE'])
  await must('POST', `/services/${encodeId('service', service.id)}/plans`, { ...plan, slug: 'other' })
  expect((await send('DELETE', path)).status).toBe(204)
})

test('what somebody has is retired and not deleted, and stays as it is for them', async () => {
  const made = await makeService(database.prisma)
  const subscription = await subscribeTo(made)
  const path = `/services/${encodeId('service', made.service.id)}`
  expect(await refusal('DELETE', path)).toEqual([409, 'SERVICE_IN_USE'])
  expect(await refusal('POST', `${path}/withdraw`)).toEqual([409, 'INVALID_STATE'])
  expect(await refusal('DELETE', `/plans/${encodeId('plan', made.plan.id)}`)).toEqual([409, 'PLAN_IN_USE'])
  expect(await must('POST', `${path}/retire`)).toMatchObject({
    status: 'RETIRED',
    allowed: ['publish'],
    subscriptions: 1,
  })
  const after = await database.prisma.subscription.findUniqueOrThrow({ where: { id: subscription.id } })
  expect(after).toEqual(subscription)
  expect(await visit(`/services/${made.service.slug}`)).toBe(200)
})

const isWaiting = () => isAnyoneWaiting(database)

test('what is ordered at the very moment at which it is withdrawn stays on sale', async () => {
  const made = await makeService(database.prisma)
  const path = `/services/${encodeId('service', made.service.id)}`
  let withdrawal: Promise<unknown[]> | undefined
  await database.transaction(async (tx) => {
    await tx.$queryRaw`SELECT 1 FROM services WHERE id = ${made.service.id}::uuid FOR KEY SHARE`
    withdrawal = refusal('POST', `${path}/withdraw`)
    await eventually(isWaiting)
    const { user, organization } = await makeUser(tx)
    await makeSubscription(tx, { organization, user, made, cluster: await makeCluster(tx) })
  })
  expect(await withdrawal).toEqual([409, 'INVALID_STATE'])
})

test('what is withdrawn at the very moment of an order is not sold', async () => {
  const { service } = await makeService(database.prisma)
  await makeCluster(database.prisma)
  const customer = await api.signIn()
  let order: Promise<Answer> | undefined
  await database.transaction(async (tx) => {
    await tx.$queryRaw`SELECT 1 FROM services WHERE id = ${service.id}::uuid FOR UPDATE`
    const body = { service: service.slug, plan: 'small', name: 'late' }
    order = api.send('POST', '/api/v1/subscriptions', { token: customer.accessToken, body })
    await eventually(isWaiting)
    await tx.service.update({ where: { id: service.id }, data: { status: 'DRAFT' } })
  })
  expect(await order).toMatchObject({ status: 422, body: { code: 'SERVICE_NOT_FOUND' } })
})

test('what nobody ever had is deleted with its plans and revisions', async () => {
  const { service } = await makeService(database.prisma)
  expect((await send('DELETE', `/services/${encodeId('service', service.id)}`)).status).toBe(204)
  const where = { serviceId: service.id }
  expect(await database.prisma.plan.count({ where })).toBe(0)
  expect(await database.prisma.serviceRevision.count({ where })).toBe(0)
})

test('another price is another version: who has the plan keeps what they ordered', async () => {
  const made = await makeService(database.prisma)
  const subscription = await subscribeTo(made)
  const path = `/plans/${encodeId('plan', made.plan.id)}`
  const renamed = await must('PATCH', path, { name: 'Renamed' })
  expect(renamed).toMatchObject({ name: 'Renamed', version: 1 })
  const dearer = await must('PATCH', path, { price: { amount: 1900, currency: 'EUR' } })
  expect(dearer).toMatchObject({ version: 2, price: { amount: 1900 }, cpuMillicores: 100 })
  const after = await database.prisma.subscription.findUniqueOrThrow({
    where: { id: subscription.id },
    include: { planVersion: true },
  })
  expect(after.planVersion.priceMinorUnits).toBe(900n)
  expect(await must('GET', `${path}/versions`)).toMatchObject({
    data: [
      { version: 2, current: true, subscriptions: 0 },
      { version: 1, current: false, subscriptions: 1 },
    ],
  })
})

test.each([
  ['a currency that does not exist', { price: { amount: 1, currency: 'ABC' } }],
  ['gold', { price: { amount: 1, currency: 'XAU' } }],
  ['a negative price', { price: { amount: -1, currency: 'EUR' } }],
  ['a part of a cent', { price: { amount: 1.5, currency: 'EUR' } }],
  ['no memory', { memoryBytes: 0 }],
])('a plan with %s is refused', async (_what, change) => {
  const id = await draft()
  expect(await refusal('POST', `/services/${id}/plans`, { ...plan, ...change })).toEqual([400, 'INVALID_REQUEST'])
})

test('two operators do not overwrite each other unseen', async () => {
  const id = await draft()
  const { headers } = await send('GET', `/services/${id}`)
  const ifMatch = { 'If-Match': headers.get('etag') ?? '' }
  expect((await send('PATCH', `/services/${id}`, { name: 'First' }, ifMatch)).status).toBe(200)
  expect(await refusal('PATCH', `/services/${id}`, { name: 'Second' }, ifMatch)).toEqual([412, 'VERSION_CHANGED'])
  expect(await refusal('POST', `/services/${id}/publish`, undefined, ifMatch)).toEqual([412, 'VERSION_CHANGED'])
  expect(await must('GET', `/services/${id}`)).toMatchObject({ name: 'First' })
})

test('markdown comes back as it was written, and an icon never with a script in it', async () => {
  const id = await draft()
  const description = '# Title\n\n<b>bold</b> & <script>alert(1)</script>\n'
  expect(await must('PATCH', `/services/${id}`, { description, tags: ['Web ', 'web'] })).toMatchObject({
    description,
    tags: ['web'],
  })
  const svg = '<svg viewBox="0 0 1 1"><script>alert(1)</script></svg>'
  const answer = await send('PATCH', `/services/${id}`, { icon: { svg } })
  expect(answer.status).toBe(400)
  expect(JSON.stringify(answer.body)).toContain('<script>')
})

test('who changed what is in the audit trail', async () => {
  const id = await draft()
  await must('PATCH', `/services/${id}`, { name: 'Audited' })
  const entries = await database.prisma.auditEvent.findMany({
    where: { targetId: id.slice(4), actorId: operator.userId },
    orderBy: { createdAt: 'asc' },
  })
  expect(entries.map(({ action }) => action)).toEqual(['catalog.service.create', 'catalog.service.update'])
  expect(entries[1]).toMatchObject({ before: { name: `Service ${number}` }, after: { name: 'Audited' } })
})
