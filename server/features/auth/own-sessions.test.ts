import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { Database } from '../../db/database.ts'
import { encodeId, newId } from '../../lib/ids.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { describeDevice, isNewDevice } from './devices.ts'
import { codeOf, serveApi, testPassword, type TestApi } from './testing.ts'

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

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'
const safari =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1'
const pair = z.object({ accessToken: z.string(), refreshToken: z.string() })
const login = async (email: string, userAgent = firefox) => {
  const body = { email, password: testPassword, tokenDelivery: 'body' }
  return pair.parse((await api.send('POST', '/api/v1/auth/login', { body, headers: { 'User-Agent': userAgent } })).body)
}
const page = z.object({
  data: z.array(z.object({ id: z.string(), device: z.string(), ipAddress: z.string(), current: z.boolean() })),
})
const sessionsOf = async (token: string) =>
  page.parse((await api.send('GET', '/api/v1/auth/sessions', { token })).body).data
const me = (token: string) => api.send('GET', '/api/v1/me', { token })
const kindsTo = async (email: string) => (await api.mailsTo(email)).map(({ kind }) => kind)

test('a person sees where they are signed in, in words, and which sign-in this is', async () => {
  const { email } = await api.signIn()
  const { accessToken } = await login(email)
  const sessions = await sessionsOf(accessToken)
  expect(sessions[0]).toMatchObject({ device: 'Firefox on Linux', current: true, ipAddress: '127.0.0.1' })
  expect(sessions.map(({ current }) => current)).toEqual([true, false])
})

test('a sign-in that its owner ends stops at once; the others go on', async () => {
  const person = await api.signIn()
  const { accessToken, refreshToken } = await login(person.email)
  const other = (await sessionsOf(person.accessToken)).find(({ current }) => !current)
  const end = () => api.send('DELETE', `/api/v1/auth/sessions/${other?.id}`, { token: person.accessToken })
  expect((await end()).status).toBe(204)
  expect(codeOf(await me(accessToken))).toBe('SESSION_ENDED')
  expect((await api.send('POST', '/api/v1/auth/refresh', { body: { refreshToken } })).status).toBe(401)
  expect((await me(person.accessToken)).status).toBe(200)
  expect(codeOf(await end())).toBe('SESSION_NOT_FOUND')
})

test('a browser that signs in again, as anybody, leaves no earlier sign-in behind', async () => {
  const [first, second] = [await api.signIn(), await api.signIn()]
  const logIn = (email: string, tokenDelivery: 'cookie' | 'body', cookie: string, origin?: string) =>
    api.send('POST', '/api/v1/auth/login', {
      body: { email, password: testPassword, tokenDelivery },
      headers: { Cookie: cookie, ...(origin !== undefined && { Origin: origin }) },
    })
  const cookieOf = (person: { refreshToken: string }) => `__Host-berth_refresh=${person.refreshToken}`
  const wrong = { email: second.email, password: 'not the password' }
  await api.send('POST', '/api/v1/auth/login', { body: wrong, headers: { Cookie: cookieOf(first) } })
  await logIn(second.email, 'body', cookieOf(first))
  const foreign = await logIn(second.email, 'cookie', cookieOf(first), 'https://evil.example')
  expect(codeOf(foreign)).toBe('FOREIGN_ORIGIN')
  expect((await me(first.accessToken)).status).toBe(200)
  expect((await logIn(second.email, 'cookie', cookieOf(first))).status).toBe(200)
  expect(codeOf(await me(first.accessToken))).toBe('SESSION_ENDED')
  expect((await logIn(second.email, 'cookie', '__Host-berth_refresh=invented')).status).toBe(200)
  expect((await me(second.accessToken)).status).toBe(200)
})

test('nobody ends, or learns of, the sign-in of somebody else', async () => {
  const [person, thief] = [await api.signIn(), await api.signIn('ADMINISTRATOR')]
  const [session] = await sessionsOf(person.accessToken)
  const answers = await Promise.all(
    [session?.id, encodeId('session', newId())].map((id) =>
      api.send('DELETE', `/api/v1/auth/sessions/${id}`, { token: thief.accessToken }),
    ),
  )
  expect(answers.map(codeOf)).toEqual(['SESSION_NOT_FOUND', 'SESSION_NOT_FOUND'])
  expect((await me(person.accessToken)).status).toBe(200)
})

test('logging out everywhere ends every sign-in, this one too', async () => {
  const person = await api.signIn()
  const elsewhere = await login(person.email)
  expect((await api.send('POST', '/api/v1/auth/logout-all', { token: person.accessToken })).status).toBe(204)
  for (const token of [person.accessToken, elsewhere.accessToken]) expect(codeOf(await me(token))).toBe('SESSION_ENDED')
})

test('an owner is told of a device that they never used, and of no other', async () => {
  const email = `${newId()}@example.org`
  const body = { email, password: testPassword, name: 'Grace' }
  await api.send('POST', '/api/v1/auth/register', { body })
  await login(email)
  await login(email)
  expect(await kindsTo(email)).not.toContain('new-device')
  await login(email, safari)
  await login(email, safari)
  const told = (await api.mailsTo(email)).filter(({ kind }) => kind === 'new-device')
  expect(told).toMatchObject([{ data: { device: 'Safari on iOS', ipAddress: '127.0.0.1' } }])
})

test('a token that is used twice is told to its owner, once', async () => {
  const person = await api.signIn()
  const refresh = () => api.send('POST', '/api/v1/auth/refresh', { body: { refreshToken: person.refreshToken } })
  await refresh()
  api.clock.move(10_001)
  await Promise.all([refresh(), refresh(), refresh()])
  expect(await kindsTo(person.email)).toEqual(['token-reused'])
})

test.each([
  ['curl/8.5.0', 'curl'],
  ['', 'An unknown program'],
  [')(<script>', 'An unknown program'],
])('the device of %j is %s', (userAgent, words) => {
  expect(describeDevice(userAgent)).toBe(words)
})

test('another address of the same network is no news, another network is', () => {
  const seen = [{ userAgent: firefox, ipAddress: '203.0.113.7' }]
  const from = (ipAddress: string) => isNewDevice(seen, { requestId: 'x', userAgent: firefox, ipAddress })
  expect([from('203.0.113.99'), from('::ffff:203.0.113.9'), from('203.0.114.7')]).toEqual([false, false, true])
})
