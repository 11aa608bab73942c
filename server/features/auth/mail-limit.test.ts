import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { serveApi, testPassword, type TestApi } from './testing.ts'

/** What strangers can have mailed to somebody: with many requests at once, and from many accounts. */
let own: TestDatabase
let api: TestApi
beforeAll(async () => {
  own = await testDatabase()
  api = await serveApi(own.database)
})
afterAll(async () => {
  await api.stop()
  await own.drop()
})

const many = 20
const atOnce = (ask: () => Promise<{ status: number }>) => Promise.all(Array.from({ length: many }, ask))
const newAddress = () => `${randomUUID()}@example.org`

test.each(['forgot-password', 'resend-verification'])('twenty times %s at once is one mail', async (asked) => {
  const { email } = await api.signIn()
  const answers = await atOnce(() => api.send('POST', `/api/v1/auth/${asked}`, { body: { email } }))
  expect(answers.map(({ status }) => status)).toEqual(Array(many).fill(202))
  expect(await api.mailsTo(email)).toHaveLength(1)
})

test('whose address is registered twenty times at once has one account and is told once of the others', async () => {
  const body = { email: newAddress(), password: testPassword, name: 'Mallory' }
  const answers = await atOnce(() => api.send('POST', '/api/v1/auth/register', { body }))
  expect(answers.map(({ status }) => status)).toEqual(Array(many).fill(201))
  expect((await api.mailsTo(body.email)).map(({ kind }) => kind).sort()).toEqual(['already-registered', 'verify-email'])
})

test('to an address that is no account’s go five links a day, from however many accounts', async () => {
  const newEmail = newAddress()
  for (let account = 0; account < 3; account += 1) {
    const { accessToken: token } = await api.signIn()
    const body = { password: testPassword, newEmail }
    const ask = () => api.send('POST', '/api/v1/me/change-email', { token, body })
    for (let time = 0; time < 3; time += 1) expect((await ask()).status).toBe(202)
  }
  expect(await api.mailsTo(newEmail)).toHaveLength(5)
})

test('who registered with a stranger’s address has five mails of a kind sent there a day, whatever they do', async () => {
  const { email, accessToken: token } = await api.signIn()
  const logIn = (device: number) =>
    api.send('POST', '/api/v1/auth/login', {
      body: { email, password: testPassword },
      headers: { 'User-Agent': `program-${device}/1.0` },
    })
  const request = { password: testPassword, newEmail: newAddress() }
  for (let device = 0; device < 8; device += 1) {
    expect((await logIn(device)).status).toBe(200)
    expect((await api.send('POST', '/api/v1/me/change-email', { token, body: request })).status).toBe(202)
  }
  await Promise.all(Array.from({ length: many }, (_, device) => logIn(100 + device)))
  const kinds = (await api.mailsTo(email)).map(({ kind }) => kind)
  expect(kinds.sort()).toEqual([
    ...Array<string>(5).fill('email-change-requested'),
    ...Array<string>(5).fill('new-device'),
  ])
})

test('whose address is confirmed is told of everything', async () => {
  const { email, userId } = await api.signIn()
  await own.database.prisma.user.update({ where: { id: userId }, data: { emailVerifiedAt: new Date() } })
  for (let device = 0; device < 8; device += 1)
    await api.send('POST', '/api/v1/auth/login', {
      body: { email, password: testPassword },
      headers: { 'User-Agent': `program-${device}/1.0` },
    })
  expect(await api.mailsTo(email)).toHaveLength(8)
})
