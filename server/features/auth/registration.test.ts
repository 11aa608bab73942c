import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Config } from '../../config/types.ts'
import { createSecretBox } from '../../lib/secret-box.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { codeOf, serveApi, testPassword, tokenIn, type TestApi } from './testing.ts'

/** One for all: the signing keys in the database were sealed with it. */
const secretBox = createSecretBox([{ id: 'test', key: randomBytes(32) }])
let own: TestDatabase
let api: TestApi
beforeAll(async () => {
  own = await testDatabase()
})
afterAll(() => own.drop())
const serving = (settings: Partial<Config>) => {
  beforeEach(async () => {
    api = await serveApi(own.database, () => [], { settings, secretBox })
  })
  afterEach(() => api.stop())
}

let people = 0
const newEmail = () => `person-${(people += 1)}@example.org`
const post = (path: string, body: object) => api.send('POST', `/api/v1/auth/${path}`, { body })
const register = (email: string, password = testPassword) => post('register', { email, password, name: 'Grace Hopper' })
const login = (email: string, password = testPassword) => post('login', { email, password, tokenDelivery: 'body' })
/** What a stranger sees of an answer. */
const seen = ({ status, body, headers }: Awaited<ReturnType<typeof post>>) => [
  status,
  { ...(body as object), requestId: '' },
  [...headers.keys()].sort(),
]
const kindsTo = async (email: string) => (await api.mailsTo(email)).map(({ kind }) => kind)
const linkTo = async (email: string) =>
  tokenIn((await api.mailsTo(email)).findLast(({ kind }) => kind === 'verify-email'))

describe('where addresses must be confirmed', () => {
  serving({ emailVerification: 'required' })

  test('neither registering nor logging in tells a stranger whether an address has an account', async () => {
    const known = newEmail()
    await register(known)
    await post('verify-email', { token: await linkTo(known) })
    const stranger = newEmail()
    const [taken, fresh] = [
      await register(known, 'a stranger chose this'),
      await register(stranger, 'a stranger chose this'),
    ]
    const hidden = (answer: Awaited<ReturnType<typeof post>>, email: string) =>
      JSON.stringify(seen(answer)).replaceAll(email, 'EMAIL')
    expect(hidden(taken, known)).toBe(hidden(fresh, stranger))
    const logins = [known, stranger, newEmail()].map((email) => login(email, 'a stranger chose this'))
    const [first, ...others] = (await Promise.all(logins)).map(seen)
    expect(first?.[0]).toBe(401)
    for (const other of others) expect(other).toEqual(first)
  })

  test('whose address it is learns that somebody tried to register with it, and keeps the password', async () => {
    const email = newEmail()
    await register(email)
    await post('verify-email', { token: await linkTo(email) })
    await register(email, 'a stranger chose this')
    const [mail] = (await api.mailsTo(email)).slice(-1)
    expect(mail).toMatchObject({ kind: 'already-registered', data: { loginLink: 'http://berth.test/login' } })
    expect((await login(email)).status).toBe(200)
  })

  test('a confirmed address logs in and is welcomed once', async () => {
    const email = newEmail()
    await register(email)
    expect(codeOf(await login(email))).toBe('INVALID_CREDENTIALS')
    const token = await linkTo(email)
    expect((await post('verify-email', { token })).status).toBe(204)
    expect((await login(email)).status).toBe(200)
    expect(await kindsTo(email)).toEqual(['verify-email', 'welcome'])
    expect(codeOf(await post('verify-email', { token }))).toBe('LINK_INVALID')
  })

  test('a link works once, for a day, and in no other place', async () => {
    const email = newEmail()
    await register(email)
    const token = await linkTo(email)
    expect(codeOf(await post('reset-password', { token, password: 'another long phrase' }))).toBe('LINK_INVALID')
    expect(codeOf(await post('confirm-email', { token }))).toBe('LINK_INVALID')
    api.clock.move(24 * 60 * 60 * 1000 + 1)
    expect(codeOf(await post('verify-email', { token }))).toBe('LINK_INVALID')
    const together = newEmail()
    await register(together)
    const same = await linkTo(together)
    const answers = await Promise.all([1, 2, 3, 4].map(() => post('verify-email', { token: same })))
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 422, 422, 422])
  })

  test('the database holds only the hash of a link, which has 256 bits', async () => {
    const email = newEmail()
    await register(email)
    const token = await linkTo(email)
    expect(Buffer.from(token, 'base64url')).toHaveLength(32)
    const dump = await own.database.query<{ row: string }>(
      `SELECT to_jsonb(t)::text AS row FROM one_time_tokens t UNION ALL SELECT to_jsonb(n)::text FROM notifications n
       UNION ALL SELECT to_jsonb(a)::text FROM audit_events a`,
    )
    expect(JSON.stringify(dump)).not.toContain(token)
    expect(JSON.stringify(api.logged)).not.toContain(token)
  })

  test('asking for the link again ends the earlier one, and a stranger cannot fill a mailbox with it', async () => {
    const email = newEmail()
    await register(email)
    const first = await linkTo(email)
    const resend = () => post('resend-verification', { email })
    await resend()
    expect(await kindsTo(email)).toEqual(['verify-email'])
    for (let time = 0; time < 8; time += 1) {
      api.clock.move(61_000)
      await resend()
    }
    expect(await kindsTo(email)).toHaveLength(5)
    expect(codeOf(await post('verify-email', { token: first }))).toBe('LINK_INVALID')
    expect((await post('verify-email', { token: await linkTo(email) })).status).toBe(204)
    expect(seen(await resend())).toEqual(seen(await post('resend-verification', { email: newEmail() })))
  })
})

describe('where addresses may stay unconfirmed', () => {
  serving({ emailVerification: 'optional' })

  test('the profile says that nobody has shown whose address it is', async () => {
    const email = newEmail()
    await register(email)
    const { accessToken } = (await login(email)).body as { accessToken: string }
    const me = () => api.send('GET', '/api/v1/me', { token: accessToken })
    expect((await me()).body).toMatchObject({ emailVerified: false })
    const etag = (await me()).headers.get('etag')
    await post('verify-email', { token: await linkTo(email) })
    expect((await me()).body).toMatchObject({ emailVerified: true })
    expect((await me()).headers.get('etag')).not.toBe(etag)
  })

  test('a password that is easy to guess is refused with what would be better', async () => {
    const { status, body } = await register(newEmail(), 'password123')
    expect([status, body]).toMatchObject([
      422,
      { code: 'PASSWORD_TOO_WEAK', strength: 0, suggestions: [expect.stringMatching(/\w/), expect.anything()] },
    ])
  })

  test('anybody can ask how strong a password would be, and the answer does not repeat it', async () => {
    const body = { password: 'gracehopper1', email: newEmail(), name: 'Grace Hopper' }
    const weak = await post('password-strength', body)
    expect(weak).toMatchObject({ status: 200, body: { acceptable: false } })
    expect(weak.text).not.toContain('gracehopper1')
    expect(await post('password-strength', { password: testPassword })).toMatchObject({ body: { acceptable: true } })
  })
})

describe('where addresses of some domains are taken', () => {
  serving({ registrationDomains: ['example.org'] })

  test('no other domain registers, also not one that ends alike', async () => {
    for (const email of ['a@example.com', 'a@sub.example.org', 'a@notexample.org'])
      expect(codeOf(await register(email))).toBe('EMAIL_DOMAIN_REFUSED')
    expect((await register(newEmail().toUpperCase())).status).toBe(201)
  })

  test('a new address is held to them too, and the answer names the field that it was asked in', async () => {
    const { accessToken: token } = await api.signIn()
    const body = { password: testPassword, newEmail: 'a@example.com' }
    expect((await api.send('POST', '/api/v1/me/change-email', { token, body })).body).toMatchObject({
      code: 'EMAIL_DOMAIN_REFUSED',
      errors: [{ pointer: '/newEmail' }],
    })
  })
})

describe.each(['invitation', 'closed'] as const)('where registration is %s', (registrations) => {
  serving({ registrations })

  test('no visitor makes an account', async () => {
    const email = newEmail()
    expect(codeOf(await register(email))).toBe('REGISTRATION_CLOSED')
    expect(await own.database.prisma.user.count({ where: { email } })).toBe(0)
  })
})
