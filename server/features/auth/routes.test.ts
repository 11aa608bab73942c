import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Database } from '../../db/database.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { serveApi, testPassword, type TestApi } from './testing.ts'

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

const register = (body: object) => api.send('POST', '/api/v1/auth/register', { body })
const login = (body: object) => api.send('POST', '/api/v1/auth/login', { body })
const codeOf = ({ body }: { body: unknown }) => z.object({ code: z.string() }).parse(body).code
const ada = { email: 'Ada.Lovelace@Example.org', password: testPassword, name: 'Ada Lovelace' }

describe('registering', () => {
  test('makes a user who owns a personal organization and can log in at once, in any letter case', async () => {
    const answer = await register(ada)
    expect([answer.status, answer.body]).toEqual([
      201,
      { user: { email: ada.email, name: ada.name }, organization: { name: ada.name } },
    ])
    const { status, body } = await login({
      email: 'ADA.lovelace@example.ORG',
      password: ada.password,
      tokenDelivery: 'body',
    })
    expect(status).toBe(200)
    expect(z.object({ accessToken: z.string(), refreshToken: z.string() }).safeParse(body).success).toBe(true)
    const where = { memberships: { some: { user: { email: ada.email.toLowerCase() }, role: 'OWNER' as const } } }
    expect(await database.prisma.organization.findMany({ where })).toMatchObject([{ name: ada.name, personal: true }])
    const audited = await database.prisma.auditEvent.findMany({ where: { action: 'auth.register' } })
    expect(audited).toMatchObject([{ result: 'SUCCEEDED', ipAddress: '127.0.0.1' }])
  })

  test('an address that is taken answers the same, changes nothing and keeps its password', async () => {
    const [fresh, taken] = [
      await register({ ...ada, email: 'new@example.org' }),
      await register({ ...ada, password: 'an attacker chose this' }),
    ]
    expect(Object.keys(taken.body as object)).toEqual(Object.keys(fresh.body as object))
    expect(taken.status).toBe(fresh.status)
    expect((await login({ email: ada.email, password: 'an attacker chose this' })).status).toBe(401)
    expect((await login({ email: ada.email, password: ada.password })).status).toBe(200)
  })

  test('two requests for one address at once make one user', async () => {
    const twice = { ...ada, email: 'twice@example.org' }
    await Promise.all([register(twice), register(twice), register(twice)])
    expect(await database.prisma.user.count({ where: { email: 'twice@example.org' } })).toBe(1)
    const strays = await database.query(
      'SELECT 1 FROM organizations o LEFT JOIN memberships m ON m.organization_id = o.id WHERE m.user_id IS NULL',
    )
    expect(strays).toEqual([])
  })

  test.each([
    ['too short', 'seven77', 400],
    ['too long', 'x'.repeat(129), 400],
    ['the address itself', 'grace.hopper@example.org', 422],
    ['the name in the address with a digit', 'Grace.Hopper1', 422],
    ['eight characters outside the basic plane', '🦜🐙🦔🐝🦩🐢🦀🐌', 201],
    ['a phrase of exactly 128', 'ab cd '.repeat(22).slice(0, 128), 201],
  ])('a password that is %s: %s → %i', async (_what, password, expected) => {
    expect((await register({ email: 'grace.hopper@example.org', name: 'Grace', password })).status).toBe(expected)
  })

  test('fields that are not taken, such as a role, are refused', async () => {
    const { status, body } = await register({ ...ada, email: 'eve@example.org', role: 'ADMINISTRATOR' })
    expect(status).toBe(400)
    expect(body).toMatchObject({ errors: [{ pointer: '/role' }] })
  })
})

describe('logging in', () => {
  test('an unknown address and a wrong password answer alike', async () => {
    const person = await api.signIn()
    const wrong = await login({ email: person.email, password: 'wrong password' })
    const unknown = await login({ email: 'nobody@example.org', password: 'wrong password' })
    const told = ({ status, body }: typeof wrong) => [status, { ...(body as object), requestId: '' }]
    expect(told(wrong)).toEqual(told(unknown))
  })

  test('guessing becomes slower and locks nobody out', async () => {
    const person = await api.signIn()
    for (let guess = 0; guess < 4; guess += 1) await login({ email: person.email, password: `guess ${guess}` })
    const began = performance.now()
    expect((await login({ email: person.email, password: testPassword })).status).toBe(200)
    expect(performance.now() - began).toBeGreaterThan(250)
  })

  test('a browser gets the refresh token in a cookie that no script reads, and never in the body', async () => {
    const person = await api.signIn()
    const answer = await login({ email: person.email, password: testPassword })
    expect(answer.body).not.toHaveProperty('refreshToken')
    const cookie = answer.headers.get('set-cookie') ?? ''
    for (const part of ['__Host-', 'Secure', 'HttpOnly', 'SameSite=Strict', 'Path=/']) expect(cookie).toContain(part)
    const headers = { Cookie: `theme=dark; ${cookie.split(';', 1)[0]}` }
    const refreshed = await api.send('POST', '/api/v1/auth/refresh', { headers })
    expect(refreshed.status).toBe(200)
    expect(refreshed.body).not.toHaveProperty('refreshToken')
    expect(refreshed.headers.get('set-cookie')).toContain('__Host-berth_refresh=')
  })

  test('a page of another origin cannot use the cookie', async () => {
    const person = await api.signIn()
    const headers = { Cookie: `__Host-berth_refresh=${person.refreshToken}`, Origin: 'http://app.berth.test' }
    expect(codeOf(await api.send('POST', '/api/v1/auth/refresh', { headers }))).toBe('FOREIGN_ORIGIN')
    const own = { ...headers, Origin: 'http://berth.test' }
    expect((await api.send('POST', '/api/v1/auth/refresh', { headers: own })).status).toBe(200)
  })

  test('pages of other origins are allowed nothing by CORS', async () => {
    const headers = { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' }
    const person = await api.signIn()
    const answers = [
      await api.send('OPTIONS', '/api/v1/auth/login', { headers }),
      await api.send('GET', '/api/v1/me', { headers, token: person.accessToken }),
    ]
    for (const answer of answers)
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
  })

  test('refreshing without a token says so', async () => {
    expect(codeOf(await api.send('POST', '/api/v1/auth/refresh', { body: {} }))).toBe('REFRESH_TOKEN_MISSING')
    expect(codeOf(await api.send('POST', '/api/v1/auth/refresh'))).toBe('REFRESH_TOKEN_MISSING')
  })

  test('a deactivated user is told only with the right password', async () => {
    const person = await api.signIn()
    await database.prisma.user.update({ where: { id: person.userId }, data: { status: 'DEACTIVATED' } })
    expect(codeOf(await login({ email: person.email, password: 'wrong password' }))).toBe('INVALID_CREDENTIALS')
    expect(codeOf(await login({ email: person.email, password: testPassword }))).toBe('ACCOUNT_DEACTIVATED')
    // Each of the two is in the trail.
    const refused = { targetId: person.userId, action: 'auth.login', result: 'REFUSED' } as const
    expect(await database.prisma.auditEvent.count({ where: refused })).toBe(2)
  })

  test('neither passwords nor tokens reach the log', async () => {
    const person = await api.signIn()
    await login({ email: person.email, password: testPassword })
    await api.send('POST', '/api/v1/auth/refresh', { body: { refreshToken: person.refreshToken } })
    const log = JSON.stringify(api.logged)
    for (const secret of [testPassword, person.refreshToken, person.accessToken]) expect(log).not.toContain(secret)
  })
})
