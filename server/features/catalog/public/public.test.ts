import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../../../db/database.ts'
import type { Prisma } from '../../../db/generated/client.ts'
import { serveAllFeatures } from '../../../test/all-features.ts'
import { testDatabase, type TestDatabase } from '../../../test/database.ts'
import { makeService } from '../../../test/factories.ts'
import type { TestApi } from '../../auth/testing.ts'

let own: TestDatabase
let database: Database
let api: TestApi
beforeAll(async () => {
  own = await testDatabase()
  database = own.database
  api = await serveAllFeatures(database)
  for (const service of shop) await offer(service)
})
afterAll(async () => {
  await api.stop()
  await own.drop()
})

type Offered = Partial<Prisma.ServiceUncheckedCreateInput> & {
  slug: string
  name: string
  price: bigint
  interval?: 'HOUR' | 'YEAR'
}
const shop: Offered[] = [
  { slug: 'postgresql', name: 'PostgreSQL', tags: ['database', 'sql'], tagline: 'Relational', price: 900n },
  {
    slug: 'mysql',
    name: 'MySQL',
    tags: ['database', 'sql'],
    description: 'Not PostgreSQL',
    price: 1n,
    interval: 'HOUR',
  },
  {
    slug: 'redis',
    name: 'Redis',
    tags: ['database', 'cache'],
    tagline: 'Keys and values',
    price: 6000n,
    interval: 'YEAR',
  },
  { slug: 'wordpress', name: 'WordPress', tags: ['blog'], tagline: 'Keeps a database of its own', price: 1200n },
  { slug: 'old-thing', name: 'Old thing', tags: ['database'], price: 1n, status: 'RETIRED' },
]
const offer = ({ price, interval = undefined, ...service }: Offered) =>
  makeService(database.prisma, { service, planVersion: { priceMinorUnits: price, ...(interval && { interval }) } })

type Page = { data: { slug: string; startingAt: unknown }[]; page: { nextCursor: string | null } }
const get = (path: string, headers: Record<string, string> = {}, token?: string) =>
  api.send('GET', `/api/v1/catalog${path}`, { headers, ...(token !== undefined && { token }) })
const list = async (query: string) => (await get(`/services?${query}`)).body as Page
const slugs = async (query: string) => (await list(query)).data.map(({ slug }) => slug)

test.each([
  ['q=postgresql', ['postgresql', 'mysql']],
  ['q=post', ['postgresql', 'mysql']],
  ['q=database', ['mysql', 'postgresql', 'redis', 'wordpress']],
  ['q=database%20-sql', ['redis', 'wordpress']],
  ['q=%22keys%20and%20values%22', ['redis']],
  ['q=blog%20or%20cac', ['redis', 'wordpress']],
  ['q=postgers', ['postgresql']],
  ['q=zzzz', []],
  ['tag=SQL', ['mysql', 'postgresql']],
  ['category=test&tag=cache', ['redis']],
  ['category=absent', []],
  ['sort=price&currency=EUR', ['redis', 'mysql', 'postgresql', 'wordpress']],
  ['sort=price&currency=USD', []],
  ['currency=EUR&maxPrice=730', ['mysql', 'redis']],
  ['currency=EUR&minPrice=731&maxPrice=900', ['postgresql']],
  ['sort=newest', ['wordpress', 'redis', 'mysql', 'postgresql']],
])('%s finds %j, and nothing that is not sold', async (query, wanted) => {
  const found = await slugs(query)
  expect(query.startsWith('q=') ? found.toSorted() : found).toEqual(query.startsWith('q=') ? wanted.toSorted() : wanted)
})

test('who is called so comes before who is only described so', async () => {
  expect((await slugs('q=postgresql'))[0]).toBe('postgresql')
  expect((await slugs('q=database')).at(-1)).toBe('wordpress')
})

test.each(['', 'sort=newest&', 'sort=price&currency=EUR&', 'q=database&'])(
  'page by page, "%s" shows each service once and in the same order',
  async (query) => {
    const whole = await slugs(query)
    const seen: string[] = []
    for (let cursor = ''; ;) {
      const { data, page } = await list(`${query}limit=1${cursor}`)
      seen.push(...data.map(({ slug }) => slug))
      if (page.nextCursor === null) break
      cursor = `&cursor=${page.nextCursor}`
    }
    expect(seen).toEqual(whole)
    expect(whole.length).toBeGreaterThan(1)
  },
)

test.each([
  'sort=price',
  'minPrice=1',
  'sort=relevance',
  `cursor=${Buffer.from('["price","x","x"]').toString('base64url')}`,
  ...[
    '2026-13-45 99:99:99+99',
    '2026-13-45T99:99:99Z',
    '0000-01-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
    `2026-01-01T00:00:00.${'1'.repeat(200)}Z`,
  ].map(
    (key) => `sort=newest&cursor=${Buffer.from(JSON.stringify(['newest', key, randomUUID()])).toString('base64url')}`,
  ),
])('%s is refused instead of being answered with something else', async (query) => {
  expect((await get(`/services?${query}`)).status).toBe(400)
})

test('a visitor who has the page gets a 304, until anything in the catalog changes', async () => {
  for (const path of [
    '/services',
    '/services?q=redis',
    '/categories',
    '/services/redis',
    '/services/redis/plans',
    '/services/redis/icon',
  ]) {
    const first = await get(path)
    const etag = first.headers.get('etag') ?? ''
    expect([first.status, first.headers.get('cache-control')]).toEqual([200, 'public, max-age=0, must-revalidate'])
    const again = await get(path, { 'If-None-Match': etag })
    expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag])
    await database.prisma.service.update({ where: { slug: 'redis' }, data: { tagline: `for ${path}` } })
    expect((await get(path, { 'If-None-Match': etag })).status).toBe(200)
  }
})

test('a transaction that fails does not throw away what visitors have', async () => {
  const etag = (await get('/services')).headers.get('etag') ?? ''
  const failing = database.transaction(async (tx) => {
    await tx.service.update({ where: { slug: 'redis' }, data: { name: 'Never' } })
    throw new Error('on purpose')
  })
  await expect(failing).rejects.toThrow('on purpose')
  expect((await get('/services', { 'If-None-Match': etag })).status).toBe(304)
})

test("an organization's own service is seen by its people only, and kept by no shared cache", async () => {
  const [owner, other] = [await api.signIn(), await api.signIn()]
  await offer({ slug: 'private', name: 'Private', price: 1n, organizationId: owner.organizationId })
  const seenBy = async (token?: string) =>
    ((await get('/services', {}, token)).body as Page).data.some(({ slug }) => slug === 'private')
  expect([await seenBy(owner.accessToken), await seenBy(other.accessToken), await seenBy()]).toEqual([
    true,
    false,
    false,
  ])
  const theirs = await get('/services', {}, owner.accessToken)
  expect(theirs.headers.get('cache-control')).toBe('private, max-age=0, must-revalidate')
  expect(theirs.headers.get('vary')).toContain('Authorization')
  const etag = theirs.headers.get('etag') ?? ''
  expect((await get('/services', { 'If-None-Match': etag })).status).toBe(200)
  expect((await get('/services/private')).status).toBe(404)
  expect((await get('/services/private', {}, owner.accessToken)).status).toBe(200)
})

test('whether it can be ordered now is said beforehand, and a visitor’s page does not outlive it', async () => {
  const before = await get('/services/postgresql')
  expect(before.body).toMatchObject({ orderable: false })
  expect((await get('/services/postgresql/availability')).body).toMatchObject({
    orderable: false,
    reason: 'NO_CLUSTER',
  })
  const cluster = await database.prisma.cluster.create({ data: { id: crypto.randomUUID(), name: 'one' } })
  const cpu = { cpuCapacityMillicores: 1000, cpuAllocatableMillicores: 350 }
  const memory = { memoryCapacityBytes: 2n ** 33n, memoryAllocatableBytes: 2n ** 32n }
  await database.prisma.worker.create({
    data: {
      id: crypto.randomUUID(),
      clusterId: cluster.id,
      name: 'a',
      status: 'ACTIVE',
      ready: true,
      schedulable: true,
      ...cpu,
      ...memory,
    },
  })
  api.clock.move(5_000)
  const after = await get('/services/postgresql', { 'If-None-Match': before.headers.get('etag') ?? '' })
  expect([after.status, after.body]).toMatchObject([200, { orderable: true }])
  const { plans } = after.body as { plans: { id: string }[] }
  expect((await api.send('GET', `/api/v1/plans/${plans[0]?.id}/availability`)).body).toMatchObject({
    orderable: true,
    reason: null,
    plans: [{ orderable: true, more: 3 }],
  })
  expect((await get('/services/old-thing/availability')).body).toMatchObject({ orderable: false, reason: 'RETIRED' })
})

test('the service page tells a form what an order may say', async () => {
  const template = `
services:
  web:
    image: traefik/whoami:v1.10
    environment: { TITLE: '\${title}', COUNT: '\${count}', CODE: '\${code}' }
x-berth:
  parameters:
    title: { type: string, title: Title, maxLength: 5, secret: true }
    count: { type: integer, default: 3, minimum: 1, immutable: true }
    code: { default: known-to-us, secret: true }
  expose: [{ service: web, port: 80 }]
`
  await makeService(database.prisma, { template, service: { slug: 'form' } })
  const { body } = await get('/services/form')
  expect(JSON.stringify(body)).not.toContain('known-to-us')
  expect(body).toMatchObject({
    parameters: {
      type: 'object',
      required: ['title'],
      additionalProperties: false,
      properties: {
        title: { type: 'string', title: 'Title', maxLength: 5, writeOnly: true },
        count: { type: 'integer', default: 3, minimum: 1, 'x-immutable': true },
      },
    },
    endpoints: [{ protocol: 'http', port: 80 }],
    requirements: { cpuMillicores: 100 },
  })
})

test('an organization gets no more of a plan than it may have, however many orders come at once', async () => {
  const limited = await makeService(database.prisma, { planVersion: { maxPerOrganization: 1, cpuMillicores: 1 } })
  const customer = await api.signIn()
  const order = (name: string) =>
    api.send('POST', '/api/v1/subscriptions', {
      token: customer.accessToken,
      body: { service: limited.service.slug, plan: 'small', name },
    })
  const answers = await Promise.all(['one', 'two', 'three'].map(order))
  expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409, 409])
  expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'PLAN_LIMIT_REACHED', limit: 1 })
})

test('a picture that is opened by itself is a document without rights', async () => {
  const { headers, text } = await get('/services/redis/icon')
  expect(headers.get('content-type')).toMatch(/^image\/svg\+xml/)
  expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox")
  expect(text).toContain('>Re</text>')
})
