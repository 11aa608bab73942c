import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../../db/database.ts'
import { newId } from '../../lib/ids.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { codeOf, serveApi, testPassword, tokenIn, type TestApi } from './testing.ts'

let own: TestDatabase
let database: Database
let api: TestApi
beforeAll(async () => {
  own = await testDatabase()
  database = own.database
  api = await serveApi(database, () => [], { settings: { emailVerification: 'required' } })
})
afterAll(async () => {
  await api.stop()
  await own.drop()
})

const next = 'a quite different phrase'
const post = (path: string, body: object) => api.send('POST', `/api/v1/auth/${path}`, { body })
const login = (email: string, password: string) => post('login', { email, password, tokenDelivery: 'body' })
const lastLink = async (email: string, kind = 'reset-password') =>
  tokenIn((await api.mailsTo(email)).findLast((mail) => mail.kind === kind))

describe('a forgotten password', () => {
  test('the answer is the same for an unknown address, and mails nothing there', async () => {
    const person = await api.signIn()
    const [known, unknown] = [
      await post('forgot-password', { email: person.email.toUpperCase() }),
      await post('forgot-password', { email: 'nobody@example.org' }),
    ]
    expect([known.status, known.text]).toEqual([unknown.status, unknown.text])
    expect((await api.mailsTo(person.email)).map(({ kind }) => kind)).toEqual(['reset-password'])
    expect(await database.prisma.notification.count({ where: { recipient: 'nobody@example.org' } })).toBe(0)
  })

  test('a new password ends every sign-in, confirms the address and is told to the owner', async () => {
    const person = await api.signIn()
    await post('forgot-password', { email: person.email })
    const answer = await post('reset-password', { token: await lastLink(person.email), password: next })
    expect(answer.status).toBe(204)
    expect(codeOf(await api.send('GET', '/api/v1/me', { token: person.accessToken }))).toBe('SESSION_ENDED')
    expect((await post('refresh', { refreshToken: person.refreshToken })).status).toBe(401)
    expect((await login(person.email, testPassword)).status).toBe(401)
    expect((await login(person.email, next)).status).toBe(200)
    expect((await api.mailsTo(person.email)).map(({ kind }) => kind)).toContain('password-changed')
  })

  test('who entered a stranger’s address keeps no token once the stranger takes the account', async () => {
    const person = await api.signIn()
    const early = await api.personalToken(person, ['account:read'])
    const isGood = async (token: string) => (await api.send('GET', '/api/v1/me', { token })).status === 200
    const reset = async () => {
      api.clock.move(61_000)
      await post('forgot-password', { email: person.email })
      await post('reset-password', { token: await lastLink(person.email), password: next })
    }
    expect(await isGood(early)).toBe(true)
    await reset()
    expect(await isGood(early)).toBe(false)
    // Programs of its owner do not know that a password was forgotten.
    api.clock.move(1_000)
    const own = await api.personalToken(person, ['account:read'])
    await reset()
    expect(await isGood(own)).toBe(true)
  })

  test('a link is used up once, ended by a newer one, and too old after an hour', async () => {
    const person = await api.signIn()
    await post('forgot-password', { email: person.email })
    const first = await lastLink(person.email)
    api.clock.move(61_000)
    await post('forgot-password', { email: person.email })
    expect(codeOf(await post('reset-password', { token: first, password: next }))).toBe('LINK_INVALID')
    const second = await lastLink(person.email)
    expect((await post('reset-password', { token: second, password: next })).status).toBe(204)
    expect(codeOf(await post('reset-password', { token: second, password: next }))).toBe('LINK_INVALID')
    api.clock.move(61_000)
    await post('forgot-password', { email: person.email })
    const third = await lastLink(person.email)
    api.clock.move(60 * 60 * 1000 + 1)
    expect(codeOf(await post('reset-password', { token: third, password: next }))).toBe('LINK_INVALID')
  })

  test('a password that is refused leaves the link as it was', async () => {
    const person = await api.signIn()
    await post('forgot-password', { email: person.email })
    const token = await lastLink(person.email)
    expect(codeOf(await post('reset-password', { token, password: 'password123' }))).toBe('PASSWORD_TOO_WEAK')
    expect(codeOf(await post('reset-password', { token, password: person.email }))).toBe('PASSWORD_TOO_WEAK')
    expect((await post('reset-password', { token, password: next })).status).toBe(204)
  })

  test('a deactivated account is mailed no link, and one mailed before lets nobody in', async () => {
    const person = await api.signIn()
    await post('forgot-password', { email: person.email })
    const token = await lastLink(person.email)
    await database.prisma.user.update({ where: { id: person.userId }, data: { status: 'DEACTIVATED' } })
    expect(codeOf(await post('reset-password', { token, password: next }))).toBe('LINK_INVALID')
    api.clock.move(61_000)
    await post('forgot-password', { email: person.email })
    expect(await api.mailsTo(person.email)).toHaveLength(1)
  })

  test('a stranger cannot fill a mailbox with links', async () => {
    const person = await api.signIn()
    for (let time = 0; time < 7; time += 1) {
      await post('forgot-password', { email: person.email })
      api.clock.move(61_000)
    }
    expect(await api.mailsTo(person.email)).toHaveLength(5)
  })

  test('of twenty who use one link at once, one sets the password', async () => {
    const person = await api.signIn()
    await post('forgot-password', { email: person.email })
    const token = await lastLink(person.email)
    const passwords = Array.from({ length: 20 }, (_, index) => `${next} ${index}`)
    const answers = await Promise.all(passwords.map((password) => post('reset-password', { token, password })))
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 204)).toHaveLength(1)
    expect(statuses.filter((status) => status === 422)).toHaveLength(19)
    expect((await login(person.email, passwords[statuses.indexOf(204)] ?? '')).status).toBe(200)
  })
})

describe('an invitation', () => {
  const invite = async () => {
    const email = `invited-${randomBytes(4).toString('hex')}@example.org`
    const made = await database.transaction(async (tx) => {
      const user = { id: newId(), email, name: 'Invited', passwordHash: null }
      await tx.user.create({
        data: { ...user, memberships: { create: { organization: { create: { id: newId(), name: 'Invited' } } } } },
      })
      return user
    })
    const token = randomBytes(32).toString('base64url')
    await database.prisma.oneTimeToken.create({
      data: {
        id: newId(),
        kind: 'INVITATION',
        userId: made.id,
        tokenHash: Uint8Array.from(createHash('sha256').update(token).digest()),
        expiresAt: new Date(api.clock.systemNow().getTime() + 60_000),
      },
    })
    return { email, token, userId: made.id }
  }

  test('lets nobody log in before it is accepted, and its guest afterwards', async () => {
    const { email, token, userId } = await invite()
    expect(codeOf(await login(email, ''.padEnd(8, 'x')))).toBe('INVALID_CREDENTIALS')
    const accepted = await post('accept-invitation', { token, password: next, name: 'Grace Hopper' })
    expect(accepted.status).toBe(204)
    const { body } = await login(email, next)
    const { accessToken } = body as { accessToken: string }
    const me = await api.send('GET', '/api/v1/me', { token: accessToken })
    expect(me.body).toMatchObject({ name: 'Grace Hopper', emailVerified: true })
    const entry = await database.prisma.auditEvent.findFirstOrThrow({
      where: { targetId: userId, action: 'auth.accept-invitation' },
      include: { personalValues: true },
    })
    expect(entry.personalValues).toMatchObject({ after: { name: 'Grace Hopper' } })
    expect(codeOf(await post('accept-invitation', { token, password: next }))).toBe('LINK_INVALID')
  })

  test('is accepted once, also by twenty at the same moment', async () => {
    const { token } = await invite()
    const accept = (index: number) => post('accept-invitation', { token, password: `${next} ${index}` })
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => accept(index)))
    expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(19).fill(422)])
  })

  test('changes no password that its guest has chosen since', async () => {
    const { email, token } = await invite()
    await post('forgot-password', { email })
    await post('reset-password', { token: await lastLink(email), password: next })
    expect(codeOf(await post('accept-invitation', { token, password: 'what a thief would choose' }))).toBe(
      'LINK_INVALID',
    )
    expect((await login(email, next)).status).toBe(200)
  })
})
