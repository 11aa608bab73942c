import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../../db/database.ts'
import { serveAllFeatures } from '../../test/all-features.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import type { SignedIn, TestApi } from '../auth/testing.ts'
import { asAdministrator, pathOf, usersPath } from './testing.ts'
import { encodeId } from '../../lib/ids.ts'

let own: TestDatabase
let database: Database
let api: TestApi
let pair: [SignedIn, SignedIn]
beforeAll(async () => {
  own = await testDatabase()
  database = own.database
  api = await serveAllFeatures(database)
  pair = [await api.signIn('ADMINISTRATOR'), await api.signIn('ADMINISTRATOR')]
})
afterAll(async () => {
  await api.stop()
  await own.drop()
})

/** Both are administrators again, and signed in. */
async function restore(): Promise<void> {
  for (const { userId } of pair) {
    await database.prisma.user.update({ where: { id: userId }, data: { role: 'ADMINISTRATOR', status: 'ACTIVE' } })
    await database.prisma.session.updateMany({ where: { userId }, data: { revokedAt: null } })
  }
}
const administrators = () => database.prisma.user.count({ where: { role: 'ADMINISTRATOR', status: 'ACTIVE' } })

const demote = (by: SignedIn, whom: SignedIn) =>
  asAdministrator(api, by)('POST', pathOf(whom, '/role'), { role: 'USER' })
const deactivate = (by: SignedIn, whom: SignedIn) => asAdministrator(api, by)('POST', pathOf(whom, '/deactivate'))
const bulk = (by: SignedIn, whom: SignedIn, action: string) =>
  asAdministrator(api, by)('POST', `${usersPath}/bulk`, {
    action,
    ids: [encodeId('user', whom.userId)],
    ...(action === 'role' && { role: 'USER' }),
  })

const rounds = 25
test.each<[string, (by: SignedIn, whom: SignedIn) => Promise<{ status: number; body: { code?: string } }>]>([
  ['demote each other', (by, whom) => demote(by, whom)],
  ['demote themselves', (_, whom) => demote(whom, whom)],
  ['deactivate each other', (by, whom) => deactivate(by, whom)],
])('of the last two administrators who %s at the same moment, one stays', { timeout: 120_000 }, async (_, change) => {
  for (let round = 0; round < rounds; round++) {
    await restore()
    const [one, other] = pair
    const answers = await Promise.all([change(one, other), change(other, one)])
    const done = answers.filter(({ status }) => status === 200)
    const refused = answers.filter(({ status }) => status !== 200)
    // Who was demoted first may also be told so before their own request begins.
    expect([done.length, refused.length, await administrators()]).toEqual([1, 1, 1])
    expect(['LAST_ADMINISTRATOR', 'ADMINISTRATORS_ONLY', 'SESSION_ENDED']).toContain(refused[0]?.body.code)
  }
})

test(
  'two requests that got in before either was done are told apart by the database',
  { timeout: 60_000 },
  async () => {
    for (let round = 0; round < rounds; round++) {
      await restore()
      const outcomes = await Promise.allSettled(
        pair.map(({ userId }) => database.prisma.user.update({ where: { id: userId }, data: { role: 'USER' } })),
      )
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      expect(await administrators()).toBe(1)
    }
  },
)

test('the last administrator is neither demoted, deactivated nor deleted, by whichever request', async () => {
  await restore()
  const [last, other] = pair
  await demote(last, other)
  const answers = [
    await demote(last, last),
    await deactivate(last, last),
    await asAdministrator(api, last)('DELETE', pathOf(last)),
  ]
  expect(answers.map(({ status, body }) => [status, body.code])).toEqual(answers.map(() => [409, 'LAST_ADMINISTRATOR']))
  await expect(database.query(`UPDATE users SET role = 'USER'`)).rejects.toThrow('the last administrator stays one')
  await expect(database.query(`DELETE FROM users`)).rejects.toThrow('the last administrator stays one')
})

test('an administrator who was only invited is not one who could take over', async () => {
  await restore()
  const [last, other] = pair
  await demote(last, other)
  const ask = asAdministrator(api, last)
  await ask('POST', usersPath, { email: 'invited@example.org', name: 'Invited', role: 'ADMINISTRATOR' })
  expect((await demote(last, last)).body.code).toBe('LAST_ADMINISTRATOR')
})

test.each(['deactivate', 'role', 'delete'])('nobody locks themselves out with a list: %s', async (action) => {
  await restore()
  const [one] = pair
  const { status, body } = await bulk(one, one, action)
  expect([status, body['results']]).toMatchObject([200, [{ outcome: 'REFUSED', code: 'OWN_ACCOUNT' }]])
  expect(await administrators()).toBeGreaterThanOrEqual(2)
})
