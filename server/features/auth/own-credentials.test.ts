import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../../db/database.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { eventually } from '../../test/eventually.ts'
import { makeUser } from '../../test/factories.ts'
import { isAnyoneWaiting } from '../../test/locks.ts'
import { codeOf, serveApi, testPassword, tokenIn, type SignedIn, type TestApi } from './testing.ts'

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

const newPassword = 'a quite different phrase'
const post = (path: string, { accessToken: token }: SignedIn, body: object) =>
  api.send('POST', `/api/v1/me/${path}`, { token, body })
const me = (token: string) => api.send('GET', '/api/v1/me', { token })
const login = (email: string, password: string) =>
  api.send('POST', '/api/v1/auth/login', { body: { email, password, tokenDelivery: 'body' } })
const confirm = (token: string) => api.send('POST', '/api/v1/auth/confirm-email', { body: { token } })
const kindsTo = async (email: string) => (await api.mailsTo(email)).map(({ kind }) => kind)
let addresses = 0
const newAddress = () => `changed-${(addresses += 1)}@example.org`

describe('changing the password', () => {
  test('needs the present one, so that a stolen session cannot keep the account', async () => {
    const person = await api.signIn()
    const answer = await post('change-password', person, { password: 'not the password', newPassword })
    expect([answer.status, codeOf(answer)]).toEqual([403, 'REAUTHENTICATION_FAILED'])
    expect(answer.body).toMatchObject({ errors: [{ pointer: '/password' }] })
    expect((await login(person.email, testPassword)).status).toBe(200)
    const [audited] = await database.prisma.auditEvent.findMany({
      where: { actorId: person.userId, action: 'auth.reauthenticate' },
    })
    expect(audited).toMatchObject({ result: 'REFUSED' })
  })

  test('ends the other sign-ins, keeps this one, and is told to the owner', async () => {
    const person = await api.signIn()
    const { body } = await login(person.email, testPassword)
    const elsewhere = (body as { accessToken: string }).accessToken
    expect((await post('change-password', person, { password: testPassword, newPassword })).status).toBe(204)
    expect((await me(person.accessToken)).status).toBe(200)
    expect(codeOf(await me(elsewhere))).toBe('SESSION_ENDED')
    expect((await login(person.email, testPassword)).status).toBe(401)
    expect((await login(person.email, newPassword)).status).toBe(200)
    expect(await kindsTo(person.email)).toContain('password-changed')
  })

  test('refuses one that is easy to guess, and leaves the present one', async () => {
    const person = await api.signIn()
    const answer = await post('change-password', person, { password: testPassword, newPassword: 'password123' })
    expect(answer.body).toMatchObject({ code: 'PASSWORD_TOO_WEAK', errors: [{ pointer: '/newPassword' }] })
    expect((await login(person.email, testPassword)).status).toBe(200)
  })

  test('a login that was checked against the old password opens no session after the change', async () => {
    const person = await api.signIn()
    const user = await database.prisma.user.findUniqueOrThrow({ where: { id: person.userId } })
    await post('change-password', person, { password: testPassword, newPassword })
    const stale = { id: user.id, passwordHash: user.passwordHash ?? '' }
    const opening = database.transaction((tx) =>
      api.auth.sessions.open(tx, stale, { requestId: 'test', ipAddress: '127.0.0.1' }),
    )
    await expect(opening).rejects.toMatchObject({ code: 'SESSION_ENDED' })
  })
})

describe('changing the address', () => {
  test('both addresses are told, and nothing changes before the new one is confirmed', async () => {
    const [person, newEmail] = [await api.signIn(), newAddress()]
    const asked = await post('change-email', person, { password: testPassword, newEmail })
    expect(asked.status).toBe(202)
    expect(await kindsTo(person.email)).toEqual(['email-change-requested'])
    expect((await me(person.accessToken)).body).toMatchObject({ email: person.email })
    const [mail] = await api.mailsTo(newEmail)
    expect((await confirm(tokenIn(mail))).status).toBe(204)
    expect((await me(person.accessToken)).body).toMatchObject({ email: newEmail, emailVerified: true })
    expect(await kindsTo(person.email)).toContain('email-changed')
    expect(await kindsTo(newEmail)).toEqual(['confirm-new-email', 'email-changed'])
    expect((await login(newEmail, testPassword)).status).toBe(200)
    expect(codeOf(await confirm(tokenIn(mail)))).toBe('LINK_INVALID')
  })

  test('needs the password', async () => {
    const person = await api.signIn()
    const answer = await post('change-email', person, { password: 'not the password', newEmail: newAddress() })
    expect(codeOf(answer)).toBe('REAUTHENTICATION_FAILED')
    expect(await kindsTo(person.email)).toEqual([])
  })

  test('does not tell that the new address has an account, and takes it from nobody', async () => {
    const [person, other, free] = [await api.signIn(), await api.signIn(), newAddress()]
    const answers = [
      await post('change-email', person, { password: testPassword, newEmail: other.email }),
      await post('change-email', person, { password: testPassword, newEmail: free }),
    ]
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(await kindsTo(other.email)).toEqual([])
    // Nor does what one may read of oneself.
    const exported = await api.send('GET', '/api/v1/me/export', { token: person.accessToken })
    expect((exported.body as { mails: { kind: string }[] }).mails.map(({ kind }) => kind)).toEqual([
      'email-change-requested',
      'email-change-requested',
    ])
  })

  test('an address that somebody registered meanwhile stays theirs', async () => {
    const [person, newEmail] = [await api.signIn(), newAddress()]
    await post('change-email', person, { password: testPassword, newEmail })
    const [mail] = await api.mailsTo(newEmail)
    const body = { email: newEmail.toUpperCase(), password: testPassword, name: 'Another' }
    await api.send('POST', '/api/v1/auth/register', { body })
    expect(codeOf(await confirm(tokenIn(mail)))).toBe('LINK_INVALID')
    expect((await me(person.accessToken)).body).toMatchObject({ email: person.email })
  })

  test('an address that somebody takes at this very moment stays theirs', async () => {
    const [person, newEmail] = [await api.signIn(), newAddress()]
    await post('change-email', person, { password: testPassword, newEmail })
    const [mail] = await api.mailsTo(newEmail)
    let confirmed: ReturnType<typeof confirm> | undefined
    await database.transaction(async (tx) => {
      await makeUser(tx, { email: newEmail })
      confirmed = confirm(tokenIn(mail))
      await eventually(() => isAnyoneWaiting(database))
    })
    const answer = await confirmed
    expect([answer?.status, answer && codeOf(answer)]).toEqual([422, 'LINK_INVALID'])
    expect((await me(person.accessToken)).body).toMatchObject({ email: person.email })
  })

  test('links that were mailed to the old address before stop working', async () => {
    const [person, newEmail] = [await api.signIn(), newAddress()]
    await api.send('POST', '/api/v1/auth/forgot-password', { body: { email: person.email } })
    const [reset] = await api.mailsTo(person.email)
    await post('change-email', person, { password: testPassword, newEmail })
    const [mail] = await api.mailsTo(newEmail)
    await confirm(tokenIn(mail))
    const body = { token: tokenIn(reset), password: newPassword }
    expect(codeOf(await api.send('POST', '/api/v1/auth/reset-password', { body }))).toBe('LINK_INVALID')
  })
  test('a second request ends the first one’s link, also where the second address is taken', async () => {
    const [person, other, newEmail] = [await api.signIn(), await api.signIn(), newAddress()]
    await post('change-email', person, { password: testPassword, newEmail })
    await post('change-email', person, { password: testPassword, newEmail: other.email })
    const [mail] = await api.mailsTo(newEmail)
    expect(codeOf(await confirm(tokenIn(mail)))).toBe('LINK_INVALID')
  })
})
