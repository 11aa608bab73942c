import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLog } from '../../lib/log.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { serveApi, type SignedIn, type TestApi } from './testing.ts'

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

/** As signing in writes it. */
const refused = (action: string, { userId }: SignedIn, times: number) =>
  own.database.prisma.auditEvent.createMany({
    data: Array.from({ length: times }, (_, index) => ({
      id: crypto.randomUUID(),
      action,
      targetType: 'user',
      targetId: userId,
      result: 'REFUSED' as const,
      ipAddress: `203.0.113.${index}`,
    })),
  })
const watch = async () => {
  const job = api.auth.feature.jobs.find(({ name }) => name === 'tell-of-refused-sign-ins')
  await job?.run({}, { signal: AbortSignal.timeout(10_000), attempt: 1, log: createLog('silent') })
}
const told = async ({ email }: SignedIn) =>
  (await api.mailsTo(email)).flatMap((mail) => (mail.kind === 'sign-ins-refused' ? [mail.data] : []))

test('who tries passwords at somebody’s account is told to the owner, once a day however long it goes on', async () => {
  const [attacked, mistyped] = [await api.signIn(), await api.signIn()]
  const guess = (email: string) =>
    api.send('POST', '/api/v1/auth/login', { body: { email, password: 'not the password' } })
  await Promise.all(Array.from({ length: 3 }, () => guess(attacked.email)))
  await guess('nobody@example.org')
  await refused('auth.login', attacked, 7)
  await refused('auth.login', mistyped, 9)
  await watch()
  await watch()
  expect(await told(attacked)).toMatchObject([{ passwords: 10, codes: 0, addresses: 8 }])
  expect(await told(mistyped)).toEqual([])
})

test('three wrong codes are told, since the password is known to who sent them', async () => {
  const person = await api.signIn()
  await refused('auth.two-factor', person, 3)
  await watch()
  expect(await told(person)).toMatchObject([{ passwords: 0, codes: 3 }])
})

test('a deactivated account is not written to, and an attack of yesterday is none', async () => {
  const [closed, later] = [await api.signIn(), await api.signIn()]
  await own.database.prisma.user.update({ where: { id: closed.userId }, data: { status: 'DEACTIVATED' } })
  await refused('auth.login', closed, 20)
  await watch()
  expect(await told(closed)).toEqual([])
  await refused('auth.login', later, 20)
  api.clock.move(61 * 60_000)
  await watch()
  expect(await told(later)).toEqual([])
})
