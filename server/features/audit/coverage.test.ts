import { randomUUID } from 'node:crypto'
import { generateSync } from 'otplib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../../db/database.ts'
import { fullPath } from '../../http/route.ts'
import { encodeId, newId, type IdKind } from '../../lib/ids.ts'
import { serveAllFeatures } from '../../test/all-features.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { makeService } from '../../test/factories.ts'
import { insertSubscription } from '../../test/subscription-row.ts'
import { testPassword, tokenIn, type SignedIn, type TestApi } from '../auth/testing.ts'

/**
 * Each route that changes something, used once: its request must be in the trail. The routes come from the code: one
 * without a row here fails, and so does a row whose route is gone.
 */
let own: TestDatabase
let database: Database
let api: TestApi
let administrator: SignedIn
beforeAll(async () => {
  own = await testDatabase()
  database = own.database
  api = await serveAllFeatures(database)
  administrator = await api.signIn('ADMINISTRATOR')
})
afterAll(async () => {
  await api.stop()
  await own.drop()
})

/** What is filled into the route's path, who asks (the administrator where nobody is named), and with what. */
type Use = { ids?: Record<string, string | number>; by?: SignedIn | 'nobody'; body?: object }
type Row = { changesNothing: string } | (() => Promise<Use>)

const post = (path: string, body: object, token?: string) =>
  api.send('POST', `/api/v1${path}`, { body, ...(token !== undefined && { token }) })
const byAdministrator = async (path: string, body: object): Promise<{ id: string }> => {
  const answer = await post(path, body, administrator.accessToken)
  if (answer.status >= 300) throw new Error(`${path} was answered ${answer.text}`)
  return answer.body as { id: string }
}
const id = (kind: IdKind, uuid: string) => encodeId(kind, uuid)
const address = () => `${newId()}@example.org`
const proof = { password: testPassword }
const password = 'another quite long phrase'

/** A person, and what mailed them last holds. */
const linkTo = async (email: string) => tokenIn((await api.mailsTo(email)).at(-1))
const somebody = async (use: (person: SignedIn) => Use | Promise<Use>): Promise<Use> => {
  const person = await api.signIn()
  return { by: person, ...(await use(person)) }
}
const onUser = async (body?: object): Promise<Use> => {
  const { userId } = await api.signIn()
  return { ids: { userId: id('user', userId) }, ...(body && { body }) }
}
const subscribed = (entitlement: 'ACTIVE' | 'CANCELED', body?: object) => () =>
  somebody(async (person) => {
    const { subscriptionId } = await insertSubscription(database, person, entitlement)
    return { ids: { subscriptionId: id('subscription', subscriptionId) }, ...(body && { body }) }
  })

const codeFor = (secret: string) => generateSync({ secret, epoch: Math.floor(api.clock.systemNow().getTime() / 1000) })
const enrolling = async (person: SignedIn): Promise<string> => {
  const { body } = await post('/me/two-factor', proof, person.accessToken)
  return (body as { secret: string }).secret
}
const enrolled = async (person: SignedIn): Promise<string> => {
  const secret = await enrolling(person)
  await post('/me/two-factor/confirm', { code: codeFor(secret) }, person.accessToken)
  // The next code: each is taken once.
  api.clock.move(30_000)
  return secret
}

const newPlan = () => ({
  slug: `plan-${newId()}`,
  name: 'Plan',
  price: { amount: 900, currency: 'EUR' },
  cpuMillicores: 100,
  memoryBytes: 2 ** 27,
})
const template = (version: string) =>
  `services:\n  web:\n    image: traefik/whoami:${version}\n    user: '101:101'\n    ports: ['8080']\n`
const category = () => byAdministrator('/categories', { slug: `c-${newId()}`, name: 'Category' })
const made = async () => {
  const { service, plan } = await makeService(database.prisma)
  return { serviceId: id('service', service.id), planId: id('plan', plan.id) }
}
const onService = async (body?: object): Promise<Use> => {
  const { serviceId } = await made()
  return { ids: { serviceId }, ...(body && { body }) }
}
const retired = async (): Promise<Use> => {
  const { ids } = await onService()
  await byAdministrator(`/services/${String(ids?.['serviceId'])}/retire`, {})
  return { ids: { ...ids } }
}
const roomy = {
  cpuCapacityMillicores: 100_000,
  cpuAllocatableMillicores: 100_000,
  memoryCapacityBytes: 2n ** 40n,
  memoryAllocatableBytes: 2n ** 40n,
  podsCapacity: 1_000,
  podsAllocatable: 1_000,
} as const

const rows: Readonly<Record<string, Row>> = {
  'post /api/v1/auth/register': async () => ({
    by: 'nobody',
    body: { email: address(), password, name: 'New' },
  }),
  'post /api/v1/auth/login': () => somebody(({ email }) => ({ by: 'nobody', body: { email, ...proof } })),
  'post /api/v1/auth/two-factor': () =>
    somebody(async (person) => {
      const secret = await enrolled(person)
      const { body } = await post('/auth/login', { email: person.email, ...proof })
      return { by: 'nobody', body: { challenge: (body as { challenge: string }).challenge, code: codeFor(secret) } }
    }),
  'post /api/v1/auth/password-strength': { changesNothing: 'it answers a question' },
  'post /api/v1/auth/refresh': {
    changesNothing: 'it goes on with a sign-in that is in the trail, every ten minutes; a reused token is recorded',
  },
  'post /api/v1/auth/signing-keys/rotate': async () => ({}),
  'post /api/v1/auth/logout': () => somebody(() => ({})),
  'post /api/v1/auth/logout-all': () => somebody(() => ({})),
  'delete /api/v1/auth/sessions/:sessionId': () =>
    somebody(async ({ userId }) => {
      const { id: sessionId } = await database.prisma.session.findFirstOrThrow({ where: { userId } })
      return { ids: { sessionId: id('session', sessionId) } }
    }),
  'post /api/v1/auth/verify-email': async () => {
    const email = address()
    await post('/auth/register', { email, password, name: 'New' })
    return { by: 'nobody', body: { token: await linkTo(email) } }
  },
  'post /api/v1/auth/resend-verification': async () => {
    const email = address()
    await post('/auth/register', { email, password, name: 'New' })
    api.clock.move(61_000)
    return { by: 'nobody', body: { email } }
  },
  'post /api/v1/auth/forgot-password': () => somebody(({ email }) => ({ by: 'nobody', body: { email } })),
  'post /api/v1/auth/reset-password': () =>
    somebody(async ({ email }) => {
      await post('/auth/forgot-password', { email })
      return { by: 'nobody', body: { token: await linkTo(email), password } }
    }),
  'post /api/v1/auth/accept-invitation': async () => {
    const email = address()
    await byAdministrator('/users', { email, name: 'Invited' })
    return { by: 'nobody', body: { token: await linkTo(email), password } }
  },
  'post /api/v1/auth/confirm-email': () =>
    somebody(async ({ accessToken }) => {
      const newEmail = address()
      await post('/me/change-email', { ...proof, newEmail }, accessToken)
      return { by: 'nobody', body: { token: await linkTo(newEmail) } }
    }),
  'post /api/v1/me/change-password': () => somebody(() => ({ body: { ...proof, newPassword: password } })),
  'post /api/v1/me/change-email': () => somebody(() => ({ body: { ...proof, newEmail: address() } })),
  'post /api/v1/me/two-factor': () => somebody(() => ({ body: proof })),
  'post /api/v1/me/two-factor/confirm': () =>
    somebody(async (person) => ({ body: { code: codeFor(await enrolling(person)) } })),
  'post /api/v1/me/two-factor/recovery-codes': () =>
    somebody(async (person) => ({ body: { ...proof, code: codeFor(await enrolled(person)) } })),
  'delete /api/v1/me/two-factor': () =>
    somebody(async (person) => ({ body: { ...proof, code: codeFor(await enrolled(person)) } })),
  'patch /api/v1/me': () => somebody(() => ({ body: { name: 'Changed' } })),
  'patch /api/v1/organizations/:organizationId': () =>
    somebody(({ organizationId }) => ({
      ids: { organizationId: id('organization', organizationId) },
      body: { billingName: 'Changed' },
    })),
  'patch /api/v1/organizations/:organizationId/limits': async () => {
    const { organizationId } = await api.signIn()
    return { ids: { organizationId: id('organization', organizationId) }, body: { maxSubscriptions: 3 } }
  },
  'post /api/v1/me/deactivate': () => somebody(() => ({ body: proof })),
  'post /api/v1/me/tokens': () => somebody(() => ({ body: { name: 'token', scopes: ['account:read'] } })),
  'delete /api/v1/me/tokens': () =>
    somebody(async (person) => {
      await api.personalToken(person, ['account:read'])
      return {}
    }),
  'delete /api/v1/me/tokens/:tokenId': () =>
    somebody(async ({ accessToken }) => {
      const { body } = await post('/me/tokens', { name: 'token', scopes: ['account:read'] }, accessToken)
      const { id: tokenId } = body as { id: string }
      return { ids: { tokenId } }
    }),
  'post /api/v1/notifications/:notificationId/retry': () =>
    somebody(async ({ email, userId }) => {
      await post('/auth/forgot-password', { email })
      const mail = await database.prisma.notification.findFirstOrThrow({ where: { userId } })
      return { by: administrator, ids: { notificationId: id('notification', mail.id) } }
    }),
  'post /api/v1/users': async () => ({ body: { email: address(), name: 'New' } }),
  'patch /api/v1/users/:userId': () => onUser({ name: 'Changed' }),
  'delete /api/v1/users/:userId': () => onUser(),
  'post /api/v1/users/:userId/role': () => onUser({ role: 'ADMINISTRATOR' }),
  'post /api/v1/users/:userId/activate': async () => {
    const use = await onUser()
    await byAdministrator(`/users/${String(use.ids?.['userId'])}/deactivate`, {})
    return use
  },
  'post /api/v1/users/:userId/deactivate': () => onUser(),
  'post /api/v1/users/:userId/sign-out': () => onUser(),
  'post /api/v1/users/:userId/invitation': async () => {
    const { id: userId } = await byAdministrator('/users', { email: address(), name: 'Invited' })
    return { ids: { userId } }
  },
  'post /api/v1/users/bulk': async () => {
    const { userId } = await api.signIn()
    return { body: { action: 'deactivate', ids: [id('user', userId)] } }
  },
  'post /api/v1/categories': async () => ({ body: { slug: `c-${newId()}`, name: 'Category' } }),
  'patch /api/v1/categories/:categoryId': async () => ({
    ids: { categoryId: (await category()).id },
    body: { name: 'Changed' },
  }),
  'delete /api/v1/categories/:categoryId': async () => ({ ids: { categoryId: (await category()).id } }),
  'post /api/v1/services': async () => {
    const slug = `c-${newId()}`
    await byAdministrator('/categories', { slug, name: 'Category' })
    return { body: { slug: `s-${newId()}`, category: slug, name: 'Service' } }
  },
  'patch /api/v1/services/:serviceId': () => onService({ name: 'Changed' }),
  'delete /api/v1/services/:serviceId': () => onService(),
  'post /api/v1/services/:serviceId/publish': retired,
  'post /api/v1/services/:serviceId/retire': () => onService(),
  'post /api/v1/services/:serviceId/withdraw': () => onService(),
  'post /api/v1/services/:serviceId/plans': () => onService(newPlan()),
  'patch /api/v1/plans/:planId': async () => ({ ids: { planId: (await made()).planId }, body: { name: 'Changed' } }),
  'delete /api/v1/plans/:planId': async () => {
    const { serviceId } = await made()
    const { id: planId } = await byAdministrator(`/services/${serviceId}/plans`, newPlan())
    return { ids: { planId } }
  },
  'post /api/v1/services/:serviceId/revisions': () => onService({ template: template('v1.10.2') }),
  'post /api/v1/services/:serviceId/revisions/:number/make-current': async () => {
    const { serviceId } = await made()
    await byAdministrator(`/services/${serviceId}/revisions`, { template: template('v1.10.1') })
    return { ids: { serviceId, number: 2 } }
  },
  'post /api/v1/services/validate-template': { changesNothing: 'it answers a question' },
  'post /api/v1/services/preview': { changesNothing: 'it answers a question' },
  'post /api/v1/services/import': async () => ({
    body: { documents: [{ name: `i-${newId()}`, content: template('v1.10.3') }] },
  }),
  'post /api/v1/subscriptions': async () => {
    const { service, plan } = await makeService(database.prisma)
    const clusterId = newId()
    await database.prisma.cluster.create({ data: { id: clusterId, name: 'first', createdAt: new Date(0) } })
    const ready = { status: 'ACTIVE', ready: true, schedulable: true } as const
    await database.prisma.worker.create({ data: { id: newId(), clusterId, name: 'node', ...ready, ...roomy } })
    return somebody(() => ({ body: { service: service.slug, plan: plan.slug, name: 'mine' } }))
  },
  'post /api/v1/subscriptions/:subscriptionId/cancel': subscribed('ACTIVE'),
  'post /api/v1/subscriptions/:subscriptionId/reactivate': subscribed('CANCELED'),
  'post /api/v1/subscriptions/:subscriptionId/purge': subscribed('CANCELED', { confirm: 'mine' }),
  'post /api/v1/subscriptions/:subscriptionId/restart': subscribed('ACTIVE'),
  'post /api/v1/subscriptions/:subscriptionId/upgrade': () =>
    somebody(async (person) => {
      const { subscriptionId, serviceId } = await insertSubscription(database, person, 'ACTIVE')
      const revision = { template: template('v1.10.4'), current: true }
      await byAdministrator(`/services/${id('service', serviceId)}/revisions`, revision)
      return { ids: { subscriptionId: id('subscription', subscriptionId) } }
    }),
}

test('every route that may change something is here', () => {
  const changing = api.routes.filter(({ method }) => method !== 'get')
  expect(Object.keys(rows).sort()).toEqual(changing.map((route) => `${route.method} ${fullPath(route)}`).sort())
})

const driven = Object.entries(rows).flatMap(([name, row]) => (typeof row === 'function' ? [[name, row] as const] : []))

test.each(driven)('%s is in the trail', async (name, prepare) => {
  // The clock may have been moved past the end of an access token.
  administrator = await api.signIn('ADMINISTRATOR')
  const { ids = {}, by = administrator, body } = await prepare()
  const [method = '', pattern = ''] = name.split(' ')
  const path = pattern.replaceAll(/:(\w+)/g, (_, part: string) => String(ids[part]))
  const requestId = randomUUID()
  const answer = await api.send(method.toUpperCase(), path, {
    headers: { 'X-Request-Id': requestId },
    ...(by !== 'nobody' && { token: by.accessToken }),
    ...(body && { body }),
  })
  expect([answer.status < 300, answer.text]).toEqual([true, expect.anything()])
  const entries = await database.prisma.auditEvent.findMany({ where: { requestId } })
  expect(entries.map(({ result }) => result)).toContain('SUCCEEDED')
})
