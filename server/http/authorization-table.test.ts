import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../db/database.ts'
import { testDatabase, type TestDatabase } from '../test/database.ts'
import type { Entitlement } from '../db/generated/enums.ts'
import type { SignedIn, TestApi } from '../features/auth/testing.ts'
import { idOf } from '../features/notifications/testing.ts'
import { encodeId } from '../lib/ids.ts'
import { serveAllFeatures } from '../test/all-features.ts'
import { insertSubscription } from '../test/subscription-row.ts'
import { fullPath, type Permission, type Route } from './route.ts'
import { scopeNames } from './scopes.ts'

/**
 * Who gets what from each route. The routes come from the code: one without a row here fails, and so does a row whose
 * route is gone.
 */
type Who = 'nobody' | 'user' | 'another' | 'administrator' | 'expired' | 'deactivated' | 'token' | 'tokenWithoutScope'
type Row = {
  /** `anyone` is public, `recognized` too but refuses bad credentials; to all but its owner and administrators, what has an `owner` is absent, and what is of one's `self` to administrators too. */
  for: 'anyone' | 'recognized' | 'signedIn' | 'owner' | 'self' | 'administrators'
  /** The status for who may. */
  answers: number
  body?: object
  /** What `user` owns is in this state. */
  owns?: Entitlement
}

const table: Readonly<Record<string, Row>> = {
  'post /api/v1/auth/register': { for: 'anyone', answers: 400 },
  'post /api/v1/auth/login': { for: 'anyone', answers: 400 },
  // Nobody brings a refresh token here: that it is asked for is what shows that no access token is.
  'post /api/v1/auth/refresh': { for: 'anyone', answers: 401 },
  'post /api/v1/auth/two-factor': { for: 'anyone', answers: 400 },
  'post /api/v1/auth/password-strength': { for: 'anyone', answers: 400 },
  'post /api/v1/auth/verify-email': { for: 'anyone', answers: 400 },
  'post /api/v1/auth/resend-verification': { for: 'anyone', answers: 400 },
  'post /api/v1/auth/forgot-password': { for: 'anyone', answers: 400 },
  'post /api/v1/auth/reset-password': { for: 'anyone', answers: 400 },
  'post /api/v1/auth/accept-invitation': { for: 'anyone', answers: 400 },
  'post /api/v1/auth/confirm-email': { for: 'anyone', answers: 400 },
  'post /api/v1/auth/logout': { for: 'signedIn', answers: 204 },
  'post /api/v1/auth/logout-all': { for: 'signedIn', answers: 204 },
  'get /api/v1/auth/sessions': { for: 'signedIn', answers: 200 },
  'delete /api/v1/auth/sessions/:sessionId': { for: 'self', answers: 204 },
  'post /api/v1/auth/signing-keys/rotate': { for: 'administrators', answers: 200 },
  'get /.well-known/jwks.json': { for: 'anyone', answers: 200 },
  'get /api/v1/me': { for: 'signedIn', answers: 200 },
  'patch /api/v1/me': { for: 'signedIn', answers: 200, body: {} },
  'post /api/v1/me/change-password': { for: 'signedIn', answers: 400 },
  'post /api/v1/me/change-email': { for: 'signedIn', answers: 400 },
  'get /api/v1/me/two-factor': { for: 'signedIn', answers: 200 },
  'post /api/v1/me/two-factor': { for: 'signedIn', answers: 400 },
  'post /api/v1/me/two-factor/confirm': { for: 'signedIn', answers: 400 },
  'delete /api/v1/me/two-factor': { for: 'signedIn', answers: 400 },
  'post /api/v1/me/two-factor/recovery-codes': { for: 'signedIn', answers: 400 },
  'get /api/v1/me/deactivation': { for: 'signedIn', answers: 200 },
  // That the password is asked for is what shows that nobody closes an account with a session alone.
  'post /api/v1/me/deactivate': { for: 'signedIn', answers: 400 },
  'get /api/v1/me/export': { for: 'signedIn', answers: 200 },
  'get /api/v1/organizations': { for: 'signedIn', answers: 200 },
  'get /api/v1/organizations/:organizationId': { for: 'owner', answers: 200 },
  'patch /api/v1/organizations/:organizationId': { for: 'owner', answers: 200, body: {} },
  'get /api/v1/organizations/:organizationId/limits': { for: 'owner', answers: 200 },
  'patch /api/v1/organizations/:organizationId/limits': { for: 'administrators', answers: 200, body: {} },
  'post /api/v1/me/tokens': { for: 'signedIn', answers: 400 },
  'get /api/v1/me/tokens': { for: 'signedIn', answers: 200 },
  'delete /api/v1/me/tokens': { for: 'signedIn', answers: 200 },
  'get /api/v1/me/tokens/:tokenId': { for: 'self', answers: 200 },
  'delete /api/v1/me/tokens/:tokenId': { for: 'self', answers: 204 },
  'get /api/v1/catalog/categories': { for: 'anyone', answers: 200 },
  'get /api/v1/catalog/services': { for: 'recognized', answers: 200 },
  'get /api/v1/catalog/services/:slug': { for: 'recognized', answers: 200 },
  'get /api/v1/catalog/services/:slug/plans': { for: 'recognized', answers: 200 },
  'get /api/v1/catalog/services/:slug/availability': { for: 'recognized', answers: 200 },
  'get /api/v1/catalog/services/:slug/icon': { for: 'recognized', answers: 200 },
  'get /api/v1/catalog/categories/:slug/icon': { for: 'anyone', answers: 404 },
  'get /api/v1/plans/:planId/availability': { for: 'recognized', answers: 200 },
  'get /api/v1/categories': { for: 'administrators', answers: 200 },
  'post /api/v1/categories': { for: 'administrators', answers: 400, body: {} },
  'get /api/v1/categories/:categoryId': { for: 'administrators', answers: 200 },
  'patch /api/v1/categories/:categoryId': { for: 'administrators', answers: 200, body: {} },
  'delete /api/v1/categories/:categoryId': { for: 'administrators', answers: 409 },
  'get /api/v1/services': { for: 'administrators', answers: 200 },
  'post /api/v1/services': { for: 'administrators', answers: 400, body: {} },
  'get /api/v1/services/:serviceId': { for: 'administrators', answers: 200 },
  'patch /api/v1/services/:serviceId': { for: 'administrators', answers: 200, body: {} },
  'delete /api/v1/services/:serviceId': { for: 'administrators', answers: 409 },
  'post /api/v1/services/:serviceId/publish': { for: 'administrators', answers: 409 },
  'post /api/v1/services/:serviceId/retire': { for: 'administrators', answers: 200 },
  'post /api/v1/services/:serviceId/withdraw': { for: 'administrators', answers: 409 },
  'get /api/v1/services/stats': { for: 'administrators', answers: 200 },
  'post /api/v1/services/validate-template': { for: 'administrators', answers: 200, body: { template: 'x' } },
  'post /api/v1/services/preview': { for: 'administrators', answers: 400, body: {} },
  'post /api/v1/services/import': {
    for: 'administrators',
    answers: 200,
    body: { documents: [{ name: 'refused', content: 'x' }] },
  },
  'get /api/v1/services/:serviceId/export': { for: 'administrators', answers: 200 },
  'get /api/v1/services/:serviceId/revisions': { for: 'administrators', answers: 200 },
  'post /api/v1/services/:serviceId/revisions': { for: 'administrators', answers: 422, body: { template: 'x' } },
  'get /api/v1/services/:serviceId/revisions/:number': { for: 'administrators', answers: 200 },
  'post /api/v1/services/:serviceId/revisions/:number/make-current': { for: 'administrators', answers: 200 },
  'get /api/v1/services/:serviceId/revisions/:number/diff': { for: 'administrators', answers: 404 },
  'get /api/v1/services/:serviceId/plans': { for: 'administrators', answers: 200 },
  'post /api/v1/services/:serviceId/plans': { for: 'administrators', answers: 400, body: {} },
  'get /api/v1/plans/:planId': { for: 'administrators', answers: 200 },
  'patch /api/v1/plans/:planId': { for: 'administrators', answers: 200, body: {} },
  'delete /api/v1/plans/:planId': { for: 'administrators', answers: 409 },
  'get /api/v1/plans/:planId/versions': { for: 'administrators', answers: 200 },
  'post /api/v1/subscriptions': {
    for: 'signedIn',
    answers: 422,
    body: { service: 'absent', plan: 'small', name: 'mine' },
  },
  'get /api/v1/subscriptions': { for: 'signedIn', answers: 200 },
  'get /api/v1/subscriptions/:subscriptionId': { for: 'owner', answers: 200 },
  'get /api/v1/subscriptions/:subscriptionId/credentials': { for: 'owner', answers: 200 },
  'get /api/v1/subscriptions/:subscriptionId/pods': { for: 'owner', answers: 200 },
  'post /api/v1/subscriptions/:subscriptionId/cancel': { for: 'owner', answers: 202 },
  'post /api/v1/subscriptions/:subscriptionId/restart': { for: 'owner', answers: 202 },
  'post /api/v1/subscriptions/:subscriptionId/reactivate': { for: 'owner', answers: 202, owns: 'CANCELED' },
  'post /api/v1/subscriptions/:subscriptionId/purge': {
    for: 'owner',
    answers: 202,
    owns: 'CANCELED',
    body: { confirm: 'mine' },
  },
  'get /api/v1/subscriptions/:subscriptionId/upgrade': { for: 'owner', answers: 409 },
  'post /api/v1/subscriptions/:subscriptionId/upgrade': { for: 'owner', answers: 409, body: {} },
  'get /api/v1/operations': { for: 'signedIn', answers: 200 },
  'get /api/v1/operations/:operationId': { for: 'owner', answers: 200 },
  'get /api/v1/events': { for: 'signedIn', answers: 200 },
  'get /api/v1/users': { for: 'administrators', answers: 200 },
  'post /api/v1/users': { for: 'administrators', answers: 400 },
  'get /api/v1/users/stats': { for: 'administrators', answers: 200 },
  'post /api/v1/users/bulk': { for: 'administrators', answers: 400 },
  'get /api/v1/users/:userId': { for: 'administrators', answers: 200 },
  'patch /api/v1/users/:userId': { for: 'administrators', answers: 200, body: { name: 'Changed' } },
  'delete /api/v1/users/:userId': { for: 'administrators', answers: 204 },
  'get /api/v1/users/:userId/sessions': { for: 'administrators', answers: 200 },
  'post /api/v1/users/:userId/role': { for: 'administrators', answers: 200, body: { role: 'USER' } },
  'post /api/v1/users/:userId/activate': { for: 'administrators', answers: 200 },
  'post /api/v1/users/:userId/deactivate': { for: 'administrators', answers: 200 },
  'post /api/v1/users/:userId/sign-out': { for: 'administrators', answers: 200 },
  // Whoever is asked for here has a password.
  'post /api/v1/users/:userId/invitation': { for: 'administrators', answers: 409 },
  'get /api/v1/notifications': { for: 'administrators', answers: 200 },
  'get /api/v1/notifications/:notificationId': { for: 'administrators', answers: 200 },
  'post /api/v1/notifications/:notificationId/retry': { for: 'administrators', answers: 202 },
  'get /api/v1/audit': { for: 'administrators', answers: 200 },
  'get /api/v1/audit/export': { for: 'administrators', answers: 200 },
  'get /api/v1/audit/:auditId': { for: 'administrators', answers: 404 },
  'get /api/v1/me/audit': { for: 'signedIn', answers: 200 },
  'get /livez': { for: 'anyone', answers: 200 },
  'get /readyz': { for: 'anyone', answers: 200 },
  'get /metrics': { for: 'anyone', answers: 200 },
  'get /openapi.json': { for: 'anyone', answers: 200 },
}

const permissionOf: Record<Row['for'], Permission> = {
  anyone: 'public',
  recognized: 'public',
  signedIn: 'user',
  owner: 'user',
  self: 'user',
  administrators: 'administrator',
}

/** What each row means for each caller. */
const refusals: Record<Row['for'], Partial<Record<Who, number>>> = {
  anyone: {},
  recognized: { expired: 401, deactivated: 401 },
  signedIn: { nobody: 401, expired: 401, deactivated: 401 },
  owner: { nobody: 401, expired: 401, deactivated: 401, another: 404 },
  self: { nobody: 401, expired: 401, deactivated: 401, another: 404, administrator: 404 },
  administrators: { nobody: 401, expired: 401, deactivated: 401, user: 403, another: 403 },
}

let own: TestDatabase
let database: Database
let api: TestApi
beforeAll(async () => {
  own = await testDatabase()
  database = own.database
  api = await serveAllFeatures(database)
})
afterAll(async () => {
  const routes = Object.keys(table).length
  process.stderr.write(`${routes} routes × ${callers.length} callers: ${routes * callers.length} answers\n`)
  await api.stop()
  await own.drop()
})

const nameOf = (route: Route) => `${route.method} ${fullPath(route)}`

test('every route has a row and every row a route, and they agree on who may', () => {
  expect(api.routes.map(nameOf).sort()).toEqual(Object.keys(table).sort())
  const permissions = Object.fromEntries(api.routes.map((route) => [nameOf(route), route.permission]))
  const rows = Object.fromEntries(Object.entries(table).map(([name, row]) => [name, permissionOf[row.for]]))
  expect(permissions).toEqual(rows)
})

/**
 * Of access tokens: what a route looks at no credentials for, is everybody's; what names no scope, no token's; the rest
 * is for who has its scope. So it follows from the route alone.
 */
function tokenStatus(who: Who, { permission, identify, scope }: Route, answers: number): number | undefined {
  if (who !== 'token' && who !== 'tokenWithoutScope') return undefined
  if (permission === 'public' && !identify) return answers
  return scope === undefined || who === 'tokenWithoutScope' ? 403 : answers
}

async function accessTokenOf(who: Who, route: Route, user: SignedIn): Promise<string> {
  const owner = route.permission === 'administrator' ? await api.signIn('ADMINISTRATOR') : user
  const given = scopeNames.filter((scope) => (scope === route.scope) === (who === 'token'))
  return api.personalToken(owner, given.length > 0 ? given : scopeNames)
}

/** Each caller anew, because a route may end its caller's session. */
async function tokenOf(who: Who, route: Route, user: SignedIn): Promise<string | undefined> {
  if (who === 'token' || who === 'tokenWithoutScope') return accessTokenOf(who, route, user)
  if (who === 'nobody') return undefined
  if (who === 'user') return user.accessToken
  const person = await api.signIn(who === 'administrator' ? 'ADMINISTRATOR' : 'USER')
  if (who === 'expired') return api.expiredToken(person)
  if (who === 'deactivated')
    await database.prisma.user.update({ where: { id: person.userId }, data: { status: 'DEACTIVATED' } })
  return person.accessToken
}

const callers: readonly Who[] = [
  'nobody',
  'user',
  'another',
  'administrator',
  'expired',
  'deactivated',
  'token',
  'tokenWithoutScope',
]

async function idOfNewToken(user: SignedIn): Promise<string> {
  await api.personalToken(user, ['account:read'])
  const { id } = await database.prisma.accessToken.findFirstOrThrow({ where: { userId: user.userId } })
  return encodeId('accessToken', id)
}

/** The pattern with the ids of what the user owns in it. */
async function pathFor(pattern: string, user: SignedIn, owns: Entitlement | undefined): Promise<string> {
  if (!pattern.includes(':')) return pattern
  if (pattern.includes(':auditId')) return pattern.replace(':auditId', encodeId('audit', user.userId))
  if (pattern.includes(':userId')) return pattern.replace(':userId', encodeId('user', user.userId))
  if (pattern.includes(':organizationId'))
    return pattern.replace(':organizationId', encodeId('organization', user.organizationId))
  if (pattern.includes(':tokenId')) return pattern.replace(':tokenId', await idOfNewToken(user))
  if (pattern.includes(':notificationId')) return pattern.replace(':notificationId', await mailed(user))
  if (pattern.includes(':sessionId'))
    return pattern.replace(':sessionId', encodeId('session', String(decodeJwt(user.accessToken)['sid'])))
  const row = await insertSubscription(database, user, owns)
  return pattern
    .replace(':subscriptionId', encodeId('subscription', row.subscriptionId))
    .replace(':operationId', encodeId('operation', row.operationId))
    .replace(':slug', row.serviceSlug)
    .replace(':serviceId', encodeId('service', row.serviceId))
    .replace(':planId', encodeId('plan', row.planId))
    .replace(':categoryId', encodeId('category', row.categoryId))
    .replace(':number', '1')
}

const mailed = async ({ email }: SignedIn): Promise<string> => {
  const mail = { kind: 'welcome', data: { link: 'https://berth.test/login' } } as const
  return encodeId('notification', idOf(await database.transaction((tx) => api.notifications.send(tx, { email }, mail))))
}

/** A stream never ends by itself: its status is enough. */
async function statusOf(method: string, path: string, token: string | undefined, body: object | undefined) {
  const response = await fetch(`${api.url}${path}`, {
    method: method.toUpperCase(),
    headers: {
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(body && { 'Content-Type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  await response.body?.cancel()
  return response.status
}

test.each(Object.entries(table))('%s', async (name, row) => {
  const [method = '', pattern = ''] = name.split(' ')
  const route = api.routes.find((one) => nameOf(one) === name)
  if (!route) throw new Error(`there is no route ${name}`)
  const found: Partial<Record<Who, number>> = {}
  const wanted: Partial<Record<Who, number>> = {}
  for (const who of callers) {
    const user = await api.signIn()
    const path = await pathFor(pattern, user, row.owns)
    found[who] = await statusOf(method, path, await tokenOf(who, route, user), row.body)
    wanted[who] = tokenStatus(who, route, row.answers) ?? refusals[row.for][who] ?? row.answers
  }
  expect(found).toEqual(wanted)
})
