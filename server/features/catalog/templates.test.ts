import { parseAllDocuments } from 'yaml'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seedCatalog } from '../../db/catalog/index.ts'
import type { Database } from '../../db/database.ts'
import { encodeId } from '../../lib/ids.ts'
import { serveAllFeatures } from '../../test/all-features.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { makeCluster, makeService, makeSubscription, makeUser } from '../../test/factories.ts'
import { seedSource } from '../../workload/test/sample.ts'
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

const send = (method: string, path: string, body?: unknown) =>
  api.send(method, `/api/v1${path}`, { token: operator.accessToken, ...(body !== undefined && { body }) })
const must = async <T = unknown>(method: string, path: string, body?: unknown): Promise<T> => {
  const answer = await send(method, path, body)
  if (answer.status >= 300) throw new Error(`${method} ${path} was answered ${answer.status}: ${answer.text}`)
  return answer.body as T
}

const refusedTemplate = `services:
  web:
    image: nginx:1.22
    privileged: true
`
const template = (image: string, more = '') => `services:
  web:
    image: ${image}
    user: '101:101'
    environment: { TITLE: '\${SERVICE_PASSWORD_WEB}' }
    ports: ['8080']
${more}`
const resources = { cpuMillicores: 100, memoryBytes: 2 ** 27, storageBytes: 2 ** 30 }

test('a refused template is told line, path and way out, and nothing of it is stored', async () => {
  const { service } = await makeService(database.prisma)
  const path = `/services/${encodeId('service', service.id)}/revisions`
  const answer = await send('POST', path, { template: refusedTemplate })
  expect([answer.status, answer.body]).toMatchObject([
    422,
    {
      code: 'TEMPLATE_REFUSED',
      refusals: [
        { code: 'PRIVILEGED', line: 4, path: '/services/web/privileged', wayOut: expect.any(String) as unknown },
      ],
    },
  ])
  expect(await must('POST', '/services/validate-template', { template: refusedTemplate })).toMatchObject({
    accepted: false,
    refusals: [{ code: 'PRIVILEGED' }],
    summary: null,
  })
  expect(await database.prisma.serviceRevision.count({ where: { serviceId: service.id } })).toBe(1)
})

test('another revision changes nothing that runs, and orders get it only once it is made current', async () => {
  const made = await makeService(database.prisma)
  const { user, organization } = await makeUser(database.prisma)
  const cluster = await makeCluster(database.prisma)
  const subscription = await makeSubscription(database.prisma, { organization, user, made, cluster })
  const path = `/services/${encodeId('service', made.service.id)}`
  const revision = await must('POST', `${path}/revisions`, { template: template('web:2'), note: 'Two' })
  expect(revision).toMatchObject({
    number: 2,
    current: false,
    note: 'Two',
    summary: { services: [{ image: 'web:2' }] },
  })
  expect(await must('GET', path)).toMatchObject({ revision: 1 })
  await must('POST', `${path}/revisions/2/make-current`)
  expect(await must('GET', path)).toMatchObject({ revision: 2 })
  expect(await must('GET', `${path}/revisions`)).toMatchObject({
    data: [
      { number: 2, current: true, subscriptions: 0 },
      { number: 1, current: false, subscriptions: 1 },
    ],
  })
  expect(await database.prisma.subscription.findUniqueOrThrow({ where: { id: subscription.id } })).toEqual(subscription)
})

test('a template that the newest revision has adds no further one, and an older one does', async () => {
  const { service } = await makeService(database.prisma)
  const path = `/services/${encodeId('service', service.id)}/revisions`
  await must('POST', path, { template: template('web:2') })
  const again = await send('POST', path, { template: template('web:2'), note: 'Again' })
  expect([again.status, again.body]).toMatchObject([409, { code: 'TEMPLATE_UNCHANGED' }])
  await must('POST', path, { template: template('web:3') })
  expect(await must('POST', path, { template: template('web:2') })).toMatchObject({ number: 4 })
})

test('a revision that no plan can hold does not get on sale', async () => {
  const { service } = await makeService(database.prisma)
  const path = `/services/${encodeId('service', service.id)}/revisions`
  const withVolume = template('web:2', "    volumes: ['data:/data']\nvolumes: { data: }\n")
  const answer = await send('POST', path, { template: withVolume, current: true })
  expect([answer.status, answer.body]).toMatchObject([409, { code: 'NOT_SELLABLE' }])
})

test('what a revision changed can be read without reading both', async () => {
  const { service } = await makeService(database.prisma, { template: template('web:1') })
  const path = `/services/${encodeId('service', service.id)}/revisions`
  const changed = template('web:2', "    volumes: ['data:/data']\n  cache:\n    image: redis:7\nvolumes: { data: }\n")
    .replace('TITLE', 'HEADING')
    .replace("'8080'", "'8080', '9090'")
  await must('POST', path, { template: changed })
  const { differences, patch } = await must<{ differences: unknown[]; patch: string }>('GET', `${path}/2/diff`)
  expect(differences).toEqual([
    { change: 'added', what: 'service', name: 'cache', after: 'redis:7' },
    { change: 'changed', what: 'image', name: 'web', service: 'web', before: 'web:1', after: 'web:2' },
    {
      change: 'changed',
      what: 'kind',
      name: 'web',
      service: 'web',
      before: 'stateless, copies: 1',
      after: 'stateful, copies: 1',
    },
    { change: 'added', what: 'mount', name: '/data', service: 'web', after: 'data' },
    { change: 'added', what: 'port', name: '9090/TCP', service: 'web', after: 'published' },
    { change: 'removed', what: 'variable', name: 'TITLE', service: 'web', before: '${SERVICE_PASSWORD_WEB}' },
    { change: 'added', what: 'variable', name: 'HEADING', service: 'web', after: '${SERVICE_PASSWORD_WEB}' },
    { change: 'added', what: 'volume', name: 'data', after: 'share 1' },
    { change: 'changed', what: 'isolation', name: 'isolation', before: 'restricted', after: 'baseline' },
  ])
  expect(patch).toContain('-    image: web:1\n+    image: web:2')
  expect(await must('GET', `${path}/1/diff?against=1`)).toMatchObject({ differences: [] })
})

test('two texts with nothing in common are compared in bounded time', async () => {
  const lines = (word: string) => Array.from({ length: 8000 }, (_, index) => `# ${word} ${index}`).join('\n')
  const { service } = await makeService(database.prisma, { template: `${lines('a')}\n${template('web:1')}` })
  const path = `/services/${encodeId('service', service.id)}/revisions`
  await must('POST', path, { template: `${lines('b')}\n${template('web:2')}` })
  expect(await must('GET', `${path}/2/diff`)).toMatchObject({ patch: null, differences: [{ what: 'image' }] })
})

test.each(seedCatalog)('a preview of $slug is made of real objects and of no real secret', async (seed) => {
  const source = seedSource(seed)
  const shown = await must<{ yaml: string; objects: { kind: string }[]; connection: { value: string }[] }>(
    'POST',
    '/services/preview',
    { template: source, resources },
  )
  const objects = parseAllDocuments(shown.yaml).map(
    (document) => document.toJS() as { kind: string; data?: Record<string, string> },
  )
  expect(objects.map(({ kind }) => kind)).toEqual(shown.objects.map(({ kind }) => kind))
  expect(shown.objects.length).toBeGreaterThan(8)
  if (source.includes('SERVICE_PASSWORD')) {
    const hidden = objects.filter(({ kind }) => kind === 'Secret').flatMap(({ data = {} }) => Object.values(data))
    expect(hidden.some((text) => Buffer.from(text, 'base64').toString().includes('sample-password-'))).toBe(true)
  }
})

test('a preview asks for one template and one plan, and says which parameter is wrong', async () => {
  const [twice, none, wrong] = await Promise.all([
    send('POST', '/services/preview', { resources }),
    send('POST', '/services/preview', { template: template('web:1') }),
    send('POST', '/services/preview', { template: template('web:1'), resources, parameters: { absent: 1 } }),
  ])
  expect([twice.status, none.status, wrong.status]).toEqual([400, 400, 400])
  expect(wrong.body).toMatchObject({ code: 'INVALID_PARAMETERS', errors: [{ pointer: '/parameters/absent' }] })
})

type Report = {
  data: { result: string; slug: string; serviceId: string; detail: string }[]
  counts: Record<string, number>
}
const header =
  '# documentation: https://example.com/docs\n# slogan: A page.\n# category: home pages\n# tags: web, Page\n'
const small = {
  slug: 'small',
  name: 'Small',
  price: { amount: 100, currency: 'EUR' },
  cpuMillicores: 10,
  memoryBytes: 2 ** 26,
}

test('one bad document does not keep the others out, and repeating an import doubles nothing', async () => {
  const body = {
    documents: [
      { name: 'folder/home-page.yaml', content: header + template('web:1') },
      { name: 'bad.yaml', content: refusedTemplate },
      { name: 'ignored.yaml', content: `# ignore: true\n${template('web:1')}` },
      { name: '???', content: template('web:1') },
    ],
    plans: [small],
    publish: true,
  }
  expect(await must('POST', '/services/import', { ...body, dryRun: true })).toMatchObject({
    counts: { created: 1, skipped: 1, refused: 2 },
  })
  expect((await send('GET', '/catalog/services/home-page')).status).toBe(404)

  const report = await must<Report>('POST', '/services/import', body)
  expect(report.data.map(({ result }) => result)).toEqual(['created', 'refused', 'skipped', 'refused'])
  expect(await must('GET', '/catalog/services/home-page')).toMatchObject({
    name: 'Home Page',
    tagline: 'A page.',
    documentationUrl: 'https://example.com/docs',
    tags: ['web', 'page'],
    category: { slug: 'home-pages', name: 'Home Pages' },
    plans: [{ slug: 'small' }],
  })
  expect((await must<Report>('POST', '/services/import', body)).counts).toMatchObject({ created: 0, skipped: 2 })
  const newer = { name: 'home-page.yaml', content: header + template('web:2') }
  const revised = await must<Report>('POST', '/services/import', { documents: [newer], onExisting: 'revise' })
  expect(revised.counts).toMatchObject({ revised: 1 })
  const again = await must<Report>('POST', '/services/import', { documents: [newer], onExisting: 'revise' })
  expect(again.counts).toMatchObject({ unchanged: 1 })
})

test('what was exported comes back as it was, also where it never was', async () => {
  const { data } = await must<Report>('POST', '/services/import', {
    documents: [{ name: 'round-trip.yaml', content: header + template('web:1') }],
    plans: [{ ...small, price: { amount: 1234, currency: 'KWD' }, maxPerOrganization: 2, trialDays: 14 }],
  })
  const id = data[0]?.serviceId ?? ''
  await must('PATCH', `/services/${id}`, {
    description: '# Title\n\n- "quoted": yes\n- `code`\n',
    icon: { monogram: 'RT', color: '#0f766e' },
    links: [{ title: 'Source', url: 'https://example.com/source' }],
  })
  const exported = (await send('GET', `/services/${id}/export`)).text
  expect(exported).toContain('price: "1.234"')
  expect((await send('DELETE', `/services/${id}`)).status).toBe(204)
  const back = await must<Report>('POST', '/services/import', { documents: [{ name: 'any', content: exported }] })
  expect(back.data).toMatchObject([{ result: 'created', slug: 'round-trip' }])
  expect((await send('GET', `/services/${back.data[0]?.serviceId}/export`)).text).toBe(exported)
})

test('a document with a price that its currency does not have is refused, and says where', async () => {
  const { service } = await makeService(database.prisma)
  const exported = (await send('GET', `/services/${encodeId('service', service.id)}/export`)).text
  const content = exported.replace(/price: .*/, "price: '9.005'").replace(/^slug: .*/m, 'slug: cents')
  const { data } = await must<Report>('POST', '/services/import', { documents: [{ name: 'x', content }] })
  expect(data).toMatchObject([{ result: 'refused', detail: '/plans/0/price is not an amount of that currency' }])
})

test('the numbers of the dashboard are those of the rows', async () => {
  const made = await makeService(database.prisma)
  const { user, organization } = await makeUser(database.prisma)
  const cluster = await makeCluster(database.prisma)
  await makeSubscription(database.prisma, { organization, user, made, cluster })
  const stats = await must<{ services: Record<string, number>; subscriptions: unknown[] }>('GET', '/services/stats')
  expect(stats.services['published']).toBe(await database.prisma.service.count({ where: { status: 'PUBLISHED' } }))
  expect(stats.subscriptions).toContainEqual(
    expect.objectContaining({ service: made.service.slug, plan: 'small', subscriptions: 1, suspended: 0, ended: 0 }),
  )
})
