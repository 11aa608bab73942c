import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../../db/database.ts'
import { encodeId, newId } from '../../lib/ids.ts'
import { serveAllFeatures } from '../../test/all-features.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { tokenIn, type SignedIn, type TestApi } from '../auth/testing.ts'
import { mailPlace } from '../notifications/service.ts'
import { asAdministrator, pathOf, usersPath } from './testing.ts'

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

const mailsOf = (userId: string) => database.prisma.notification.findMany({ where: { userId }, orderBy: { id: 'asc' } })
const auditOf = (targetId: string, action: string) =>
  database.prisma.auditEvent.findFirst({
    where: { targetId, action },
    include: { personalValues: true },
    orderBy: { id: 'desc' },
  })
const plain = (id: string) => id.slice('usr_'.length)
const invite = async () => {
  const { body } = await ask('POST', usersPath, { email: `${newId()}@example.org`, name: 'Grace Example' })
  return { ...body, userId: plain(body.id) }
}

test('an administrator’s own address is not changed without the password', async () => {
  const { status, body } = await ask('PATCH', pathOf(administrator), { email: `${newId()}@example.org` })
  expect([status, body['code']]).toEqual([409, 'OWN_ADDRESS'])
  const { email } = await database.prisma.user.findUniqueOrThrow({ where: { id: administrator.userId } })
  expect(email).toBe(administrator.email)
})

test('who is invited gets a link whose secret is stored nowhere in clear, and no password', async () => {
  const email = `Invited-${newId()}@Example.org`
  const { status, headers, body } = await ask('POST', usersPath, { email, name: 'Grace', role: 'ADMINISTRATOR' })
  expect([status, body]).toMatchObject([
    201,
    { email: email.toLowerCase(), role: 'ADMINISTRATOR', invitationPending: true, emailVerifiedAt: null },
  ])
  expect(headers.get('location')).toBe(`${usersPath}/${body.id}`)
  const userId = plain(body.id)
  const [mail] = await mailsOf(userId)
  expect(mail).toMatchObject({ kind: 'invitation', recipient: email.toLowerCase() })
  // The key of this API's own parts seals it; the link is what the invited one follows.
  const row = await database.prisma.oneTimeToken.findFirstOrThrow({ where: { userId } })
  expect(row.kind).toBe('INVITATION')
  expect(row.expiresAt.getTime() - row.createdAt.getTime()).toBe(7 * 86_400_000)
  const data = JSON.parse(api.secretBox.open(mail?.dataEncrypted ?? '', mailPlace(mail?.id ?? ''))) as { link: string }
  const token = /#token=(.+)$/.exec(data.link)?.[1] ?? ''
  expect(Buffer.from(row.tokenHash)).toEqual(createHash('sha256').update(token).digest())
})

test('one address has one user, in whatever letters', async () => {
  const { body: first } = await ask('POST', usersPath, { email: `${newId()}@example.org`, name: 'One' })
  const { status, body } = await ask('POST', usersPath, { email: first.email.toUpperCase(), name: 'Two' })
  expect([status, body.code]).toEqual([409, 'EMAIL_TAKEN'])
  const { body: other } = await ask('POST', usersPath, { email: `${newId()}@example.org`, name: 'Three' })
  const moved = await ask('PATCH', `${usersPath}/${other.id}`, { email: first.email })
  expect([moved.status, moved.body.code]).toEqual([409, 'EMAIL_TAKEN'])
})

test('an invitation that is sent again stops the one before, and an accepted one is not sent', async () => {
  const { userId } = await invite()
  const before = await database.prisma.oneTimeToken.findFirstOrThrow({ where: { userId } })
  expect((await ask('POST', pathOf({ userId }, '/invitation'))).status).toBe(200)
  const after = await database.prisma.oneTimeToken.findMany({ where: { userId } })
  expect(after.map(({ id }) => id)).not.toContain(before.id)
  expect(after).toHaveLength(1)
  expect(await mailsOf(userId)).toHaveLength(2)
  const person = await api.signIn()
  expect(await ask('POST', pathOf(person, '/invitation'))).toMatchObject({
    status: 409,
    body: { code: 'INVITATION_ACCEPTED' },
  })
})

test('a lost answer to a creation makes no second user and no second mail', async () => {
  const body = { email: `${newId()}@example.org`, name: 'Once' }
  const key = { 'Idempotency-Key': newId() }
  const [first, second] = [await ask('POST', usersPath, body, key), await ask('POST', usersPath, body, key)]
  expect([first.status, second.status, second.body.id]).toEqual([201, 201, first.body.id])
  expect(await mailsOf(plain(first.body.id))).toHaveLength(1)
})

test('of two administrators who change the same version of a user, one is told that it is too late', async () => {
  const person = await api.signIn()
  const etag = (await ask('GET', pathOf(person))).headers.get('etag') ?? ''
  const answers = await Promise.all(
    ['First', 'Second'].map((name) => ask('PATCH', pathOf(person), { name }, { 'If-Match': etag })),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412])
  expect((await ask('DELETE', pathOf(person), undefined, { 'If-Match': etag })).status).toBe(412)
})

test('another address is unconfirmed, ends mailed links, and is told to the former one', async () => {
  const { userId, email } = await invite()
  await database.prisma.user.update({ where: { id: userId }, data: { emailVerifiedAt: new Date() } })
  const { body } = await ask('PATCH', pathOf({ userId }), { email: `New-${newId()}@example.org` })
  expect(body).toMatchObject({ emailVerifiedAt: null })
  expect(await database.prisma.oneTimeToken.count({ where: { userId } })).toBe(0)
  expect((await mailsOf(userId)).at(-1)).toMatchObject({ kind: 'email-changed', recipient: email })
  const { body: known } = await ask('PATCH', pathOf({ userId }), { emailVerified: true })
  expect(known['emailVerifiedAt']).not.toBeNull()
})

test('an address that an administrator entered is mailed the link that confirms it', async () => {
  const [person, email] = [await api.signIn(), `new-${newId()}@example.org`]
  await ask('PATCH', pathOf(person), { email })
  const [mail] = await api.mailsTo(email)
  expect(mail?.kind).toBe('verify-email')
  const confirmed = await api.send('POST', '/api/v1/auth/verify-email', { body: { token: tokenIn(mail) } })
  expect(confirmed.status).toBe(204)
  const known = `known-${newId()}@example.org`
  await ask('PATCH', pathOf(person), { email: known, emailVerified: true })
  expect(await api.mailsTo(known)).toEqual([])
})

test('a change of a profile is in the trail, and what it says of the person beside it', async () => {
  const person = await api.signIn()
  await ask('PATCH', pathOf(person), { name: 'Changed Name', timeZone: 'Europe/Vienna' })
  const row = await auditOf(person.userId, 'user.update')
  expect(row).toMatchObject({
    actorId: administrator.userId,
    before: { timeZone: 'UTC' },
    after: { timeZone: 'Europe/Vienna' },
    personalValues: { userId: person.userId, before: { name: 'Ada Example' }, after: { name: 'Changed Name' } },
  })
  expect(JSON.stringify([row?.before, row?.after])).not.toMatch(/Ada|Changed|@/)
})

test('who is deactivated is out at once, with tokens too, stays out when activated again, and is told', async () => {
  const person = await api.signIn()
  const machine = await api.personalToken(person, ['account:read'])
  const me = (token: string) => api.send('GET', '/api/v1/me', { token }).then(({ status }) => status)
  expect([await me(person.accessToken), await me(machine)]).toEqual([200, 200])
  const { body } = await ask('POST', pathOf(person, '/deactivate'))
  expect(body).toMatchObject({ status: 'DEACTIVATED', deactivatedBy: 'ADMINISTRATOR' })
  expect([await me(person.accessToken), await me(machine)]).toEqual([401, 401])
  expect((await ask('POST', pathOf(person, '/activate'))).body).toMatchObject({ status: 'ACTIVE', deactivatedBy: null })
  expect([await me(person.accessToken), await me(machine)]).toEqual([401, 401])
  expect((await mailsOf(person.userId)).map(({ kind }) => kind)).toEqual(['deactivated', 'reactivated'])
})

test('what is asked for twice is done once', async () => {
  const person = await api.signIn()
  const twice = await Promise.all([1, 2].map(() => ask('POST', pathOf(person, '/deactivate'))))
  expect(twice.map(({ status }) => status)).toEqual([200, 200])
  expect(await mailsOf(person.userId)).toHaveLength(1)
  expect(
    await database.prisma.auditEvent.count({ where: { targetId: person.userId, action: 'user.deactivate' } }),
  ).toBe(1)
})

test('a new role counts from the next request on', async () => {
  const person = await api.signIn()
  const list = () => api.send('GET', usersPath, { token: person.accessToken }).then(({ status }) => status)
  expect(await list()).toBe(403)
  await ask('POST', pathOf(person, '/role'), { role: 'ADMINISTRATOR' })
  expect(await list()).toBe(200)
  await ask('POST', pathOf(person, '/role'), { role: 'USER' })
  expect(await list()).toBe(403)
  expect(await auditOf(person.userId, 'user.role')).toMatchObject({
    before: { role: 'ADMINISTRATOR' },
    after: { role: 'USER' },
  })
})

test('signing out ends every session, each of which was listed', async () => {
  const person = await api.signIn()
  const sessions = (await ask('GET', pathOf(person, '/sessions'))).body['data'] as { ipAddress: string }[]
  expect(sessions).toMatchObject([{ ipAddress: '127.0.0.1' }])
  expect((await ask('POST', pathOf(person, '/sign-out'))).body).toMatchObject({ openSessions: 0 })
  expect((await api.send('GET', '/api/v1/me', { token: person.accessToken })).status).toBe(401)
  expect((await ask('GET', pathOf(person, '/sessions'))).body).toMatchObject({ data: [] })
})

test('nobody who is not there is changed', async () => {
  const path = `${usersPath}/${encodeId('user', newId())}`
  const answers = await Promise.all([
    ask('GET', path),
    ask('PATCH', path, { name: 'x' }),
    ask('DELETE', path),
    ask('POST', `${path}/role`, { role: 'USER' }),
    ask('GET', `${path}/sessions`),
  ])
  expect(answers.map(({ status, body }) => [status, body.code])).toEqual(answers.map(() => [404, 'USER_NOT_FOUND']))
})
