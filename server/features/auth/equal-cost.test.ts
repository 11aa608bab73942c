import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { serveApi, testPassword, type TestApi } from './testing.ts'

/** The real functions, counted: argon2 is what takes the time that a stranger could measure. */
const done = vi.hoisted(() => ({ hash: 0, verify: 0 }))
vi.mock(import('@node-rs/argon2'), async (load) => {
  const argon2 = await load()
  return {
    ...argon2,
    hash: (...given) => ((done.hash += 1), argon2.hash(...given)),
    verify: (...given) => ((done.verify += 1), argon2.verify(...given)),
  }
})

let own: TestDatabase
let api: TestApi
beforeAll(async () => {
  own = await testDatabase()
  api = await serveApi(own.database, () => [], { settings: { emailVerification: 'required' } })
  // The hash that unknown addresses are checked against is made once.
  await login('nobody@example.org', 'whatever it is')
})
afterAll(async () => {
  await api.stop()
  await own.drop()
})
beforeEach(() => Object.assign(done, { hash: 0, verify: 0 }))

const post = (path: string, body: object) => api.send('POST', `/api/v1/auth/${path}`, { body })
const login = (email: string, password: string) => post('login', { email, password })
const costOf = async (asked: () => Promise<unknown>) => {
  Object.assign(done, { hash: 0, verify: 0 })
  await asked()
  return { ...done }
}

test('logging in costs one verification: for a wrong password, an unknown, unconfirmed or invited address', async () => {
  const [known, unconfirmed, invited] = [await api.signIn(), await api.signIn(), await api.signIn()]
  const { prisma } = own.database
  await prisma.user.update({ where: { id: known.userId }, data: { emailVerifiedAt: new Date() } })
  await prisma.user.update({ where: { id: invited.userId }, data: { passwordHash: null } })
  const costs = [
    await costOf(() => login(known.email, 'not the password')),
    await costOf(() => login(unconfirmed.email, testPassword)),
    await costOf(() => login(invited.email, testPassword)),
    await costOf(() => login('nobody-at-all@example.org', testPassword)),
  ]
  expect(costs).toEqual(costs.map(() => ({ hash: 0, verify: 1 })))
})

test('registering costs one hash, whether or not the address is taken', async () => {
  const { email } = await api.signIn()
  const register = (address: string) => post('register', { email: address, password: testPassword, name: 'Grace' })
  expect(await costOf(() => register(email))).toEqual({ hash: 1, verify: 0 })
  expect(await costOf(() => register('fresh@example.org'))).toEqual({ hash: 1, verify: 0 })
})

test('asking for a reset costs none either way, and ends at the same beat', async () => {
  const { email } = await api.signIn()
  expect(await costOf(() => post('forgot-password', { email }))).toEqual({ hash: 0, verify: 0 })
  expect(await costOf(() => post('forgot-password', { email: 'nobody@example.org' }))).toEqual({ hash: 0, verify: 0 })
})
