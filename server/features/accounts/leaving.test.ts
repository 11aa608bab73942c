import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { Database } from '../../db/database.ts'
import type { Entitlement } from '../../db/generated/enums.ts'
import { encodeId } from '../../lib/ids.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { insertSubscription } from '../../test/subscription-row.ts'
import { codeOf, serveApi, testPassword, type SignedIn, type TestApi } from '../auth/testing.ts'

let own: TestDatabase
let database: Database
let api: TestApi
beforeAll(async () => {
  own = await testDatabase()
  database = own.database
  api = await serveApi(database)
})
afterAll(async () => {
  await api.stop()
  await own.drop()
})

const get = (path: string, { accessToken: token }: SignedIn) => api.send('GET', `/api/v1/me/${path}`, { token })
const leave = ({ accessToken: token }: SignedIn, password = testPassword) =>
  api.send('POST', '/api/v1/me/deactivate', { token, body: { password } })
const login = ({ email }: SignedIn) =>
  api.send('POST', '/api/v1/auth/login', { body: { email, password: testPassword, tokenDelivery: 'body' } })

test('a deactivated account is out everywhere at once, keeps its data, and is told', async () => {
  const person = await api.signIn()
  const machine = await api.personalToken(person, ['account:read'])
  expect((await get('deactivation', person)).body).toEqual({ possible: true, running: [], kept: [] })
  expect((await leave(person)).status).toBe(204)
  for (const token of [person.accessToken, machine])
    expect((await api.send('GET', '/api/v1/me', { token })).status).toBe(401)
  expect((await api.send('POST', '/api/v1/auth/refresh', { body: { refreshToken: person.refreshToken } })).status).toBe(
    401,
  )
  expect(codeOf(await login(person))).toBe('ACCOUNT_DEACTIVATED')
  expect(await api.mailsTo(person.email)).toMatchObject([{ kind: 'deactivated', data: { by: 'SELF' } }])
  const user = await database.prisma.user.findUniqueOrThrow({ where: { id: person.userId } })
  expect(user).toMatchObject({ name: 'Ada Example', deactivatedBy: 'SELF', deactivatedAt: expect.any(Date) as Date })
})

test('access tokens do not come back with an account that its owner left', async () => {
  const person = await api.signIn()
  const token = await api.personalToken(person, ['account:read'])
  expect((await leave(person)).status).toBe(204)
  await database.prisma.user.update({ where: { id: person.userId }, data: { status: 'ACTIVE' } })
  expect(codeOf(await api.send('GET', '/api/v1/me', { token }))).toBe('TOKEN_REVOKED')
})

test('nobody who took over a session closes the account with it', async () => {
  const person = await api.signIn()
  expect(codeOf(await leave(person, 'not the password'))).toBe('REAUTHENTICATION_FAILED')
  expect((await get('deactivation', person)).status).toBe(200)
})

test.each<Entitlement>(['PENDING', 'TRIALING', 'ACTIVE', 'PAST_DUE', 'SUSPENDED'])(
  'nothing that is %s runs on without an owner',
  async (entitlement) => {
    const person = await api.signIn()
    const { subscriptionId } = await insertSubscription(database, person, 'ACTIVE')
    const previousEntitlement = entitlement === 'SUSPENDED' ? 'ACTIVE' : null
    await database.prisma.subscription.update({
      where: { id: subscriptionId },
      data: { entitlement, previousEntitlement },
    })
    const id = encodeId('subscription', subscriptionId)
    expect((await get('deactivation', person)).body).toMatchObject({ possible: false, running: [{ id }], kept: [] })
    const refused = await leave(person)
    expect(refused.body).toMatchObject({ code: 'ACCOUNT_HAS_SUBSCRIPTIONS', subscriptions: [{ id }] })
    expect((await get('deactivation', person)).status).toBe(200)
  },
)

test('what was canceled keeps nobody', async () => {
  const person = await api.signIn()
  await insertSubscription(database, person, 'CANCELED')
  expect((await get('deactivation', person)).body).toMatchObject({ possible: true, kept: [{ name: 'mine' }] })
  expect((await leave(person)).status).toBe(204)
})

test('the last administrators who leave at the same moment do not both leave', async () => {
  const administrators = [await api.signIn('ADMINISTRATOR'), await api.signIn('ADMINISTRATOR')]
  const answers = await Promise.all(administrators.map((person) => leave(person)))
  expect(answers.map(({ status }) => status).sort()).toEqual([204, 409])
  expect(codeOf(answers.find(({ status }) => status === 409) ?? { body: {} })).toBe('LAST_ADMINISTRATOR')
})

test('an export has everything of its owner, nothing of others, and no secret', async () => {
  const [person, other] = [await api.signIn(), await api.signIn()]
  const machine = await api.personalToken(person, ['account:read'])
  await insertSubscription(database, person, 'ACTIVE')
  await insertSubscription(database, other, 'ACTIVE')
  await login(person)
  await database.transaction(async (tx) => {
    // More than one page of them.
    await tx.auditEvent.createMany({
      data: Array.from({ length: 1_100 }, () => ({
        id: crypto.randomUUID(),
        actorId: person.userId,
        action: 'test.many',
        targetType: 'user',
        result: 'SUCCEEDED' as const,
      })),
    })
  })
  const { headers, text } = await get('export', person)
  expect(headers.get('content-disposition')).toContain('attachment')
  const lists = z.array(z.looseObject({ id: z.string() }))
  const exported = z
    .looseObject({
      profile: z.looseObject({ email: z.string() }),
      organizations: lists,
      sessions: lists,
      accessTokens: lists,
      mails: lists,
      subscriptions: lists,
      operations: z.array(z.looseObject({ id: z.string(), subscriptionId: z.string() })),
      auditTrail: lists,
    })
    .parse(JSON.parse(text))
  expect(exported.profile.email).toBe(person.email)
  expect(exported.organizations).toMatchObject([{ id: encodeId('organization', person.organizationId), role: 'OWNER' }])
  expect(
    [exported.sessions, exported.accessTokens, exported.subscriptions, exported.operations].map((list) => list.length),
  ).toEqual([2, 1, 1, 1])
  // By the ids that the API shows.
  expect(exported.accessTokens[0]?.id).toMatch(/^pat_/)
  expect(exported.mails.every(({ id }) => id.startsWith('ntf_'))).toBe(true)
  expect(exported.operations[0]?.subscriptionId).toBe(exported.subscriptions[0]?.id)
  expect(new Set(exported.auditTrail.map(({ id }) => id)).size).toBe(exported.auditTrail.length)
  expect(exported.auditTrail.length).toBeGreaterThan(1_100)
  const user = await database.prisma.user.findUniqueOrThrow({ where: { id: person.userId } })
  for (const secret of [machine, person.refreshToken, user.passwordHash ?? '-', other.email, other.organizationId])
    expect(text).not.toContain(secret)
})
