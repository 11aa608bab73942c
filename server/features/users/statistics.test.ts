import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../../db/database.ts'
import { newId } from '../../lib/ids.ts'
import { serveAllFeatures } from '../../test/all-features.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import type { TestApi } from '../auth/testing.ts'
import { tidyCounts } from './statistics.ts'
import { asAdministrator, usersPath } from './testing.ts'

let own: TestDatabase
let database: Database
let api: TestApi
let ask: ReturnType<typeof asAdministrator>
beforeAll(async () => {
  own = await testDatabase()
  database = own.database
  api = await serveAllFeatures(database)
  ask = asAdministrator(api, await api.signIn('ADMINISTRATOR'))
})
afterAll(async () => {
  await api.stop()
  await own.drop()
})

type Statistics = Record<string, unknown> & { signUps: { date: string; count: number }[] }
const statistics = async (query: Record<string, string> = {}): Promise<Statistics> => {
  const { status, body } = await ask('GET', `${usersPath}/stats?${new URLSearchParams(query).toString()}`)
  expect([status, body.code]).toEqual([200, undefined])
  return body as unknown as Statistics
}

/** Counted one by one. */
async function counted() {
  const [row] = await database.query<Record<string, number>>(
    `SELECT count(*)::int AS total, count(*) FILTER (WHERE role = 'USER')::int AS users,
       count(*) FILTER (WHERE role = 'ADMINISTRATOR')::int AS administrators,
       count(*) FILTER (WHERE status = 'ACTIVE')::int AS active, count(*) FILTER (WHERE status = 'DEACTIVATED')::int AS deactivated,
       count(email_verified_at)::int AS verified,
       count(*) FILTER (WHERE date_trunc('hour', last_seen_at) > now() - interval '7 days')::int AS week,
       count(*) FILTER (WHERE date_trunc('hour', last_seen_at) > now() - interval '30 days')::int AS month
     FROM users WHERE deleted_at IS NULL`,
  )
  return row
}
const told = ({ total, byRole, byStatus, verified, activeIn7Days, activeIn30Days }: Statistics) => ({
  total,
  users: (byRole as Record<string, number>)['USER'],
  administrators: (byRole as Record<string, number>)['ADMINISTRATOR'],
  active: (byStatus as Record<string, number>)['ACTIVE'],
  deactivated: (byStatus as Record<string, number>)['DEACTIVATED'],
  verified,
  week: activeIn7Days,
  month: activeIn30Days,
})

const seen = fc.option(
  fc.integer({ min: 0, max: 45 * 24 }).map((hours) => `now() - interval '${hours} hours'`),
  { nil: 'NULL' },
)
const change = fc.oneof(
  fc.record({ count: fc.integer({ min: 1, max: 4 }), at: seen }).map(
    ({ count, at }) => `INSERT INTO users (id, email, name, last_seen_at, updated_at)
      SELECT gen_random_uuid(), gen_random_uuid() || '@example.org', 'x', ${at}, now() FROM generate_series(1, ${count})`,
  ),
  seen.map(
    (at) =>
      // Asked twice: of one that is deleted meanwhile PostgreSQL looks at the outer condition again, not at the inner one.
      `UPDATE users SET last_seen_at = ${at}
        WHERE deleted_at IS NULL AND id IN (SELECT id FROM users WHERE deleted_at IS NULL ORDER BY random() LIMIT 3)`,
  ),
  fc.constantFrom(
    `UPDATE users SET role = 'ADMINISTRATOR' WHERE id IN (SELECT id FROM users WHERE deleted_at IS NULL ORDER BY random() LIMIT 2)`,
    `UPDATE users SET role = 'USER' WHERE id IN (SELECT id FROM users WHERE password_hash IS NULL ORDER BY random() LIMIT 2)`,
    `UPDATE users SET status = 'DEACTIVATED' WHERE id IN (SELECT id FROM users WHERE password_hash IS NULL ORDER BY random() LIMIT 2)`,
    `UPDATE users SET status = 'ACTIVE' WHERE deleted_at IS NULL`,
    `UPDATE users SET email_verified_at = now() WHERE id IN (SELECT id FROM users ORDER BY random() LIMIT 2)`,
    `UPDATE users SET email_verified_at = NULL WHERE id IN (SELECT id FROM users ORDER BY random() LIMIT 2)`,
    `UPDATE users SET deleted_at = now(), status = 'DEACTIVATED', last_seen_at = NULL
      WHERE id IN (SELECT id FROM users WHERE password_hash IS NULL ORDER BY random() LIMIT 1)`,
    `DELETE FROM users WHERE id IN (SELECT id FROM users WHERE password_hash IS NULL ORDER BY random() LIMIT 1)`,
  ),
)

test('whatever happens to users, the kept counts are what counting them gives', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
      // At once: they meet on the same counts, from several connections.
      await Promise.all(changes.map((sql) => database.transaction((tx) => tx.$executeRawUnsafe(sql))))
      expect(told(await statistics())).toEqual(await counted())
    }),
    { numRuns: 25 },
  )
})

test('tidying the counts changes none', async () => {
  await database.query(
    `INSERT INTO sign_up_counts SELECT '2022-05-05T10:15:00Z', shard, shard - 2 FROM generate_series(0, 7) shard`,
  )
  const day = { from: '2022-05-05', to: '2022-05-05' }
  const before = await statistics(day)
  await tidyCounts(database)
  expect((await statistics(day)).signUps).toEqual([{ date: '2022-05-05', count: 12 }])
  expect(before.signUps).toEqual([{ date: '2022-05-05', count: 12 }])
  expect(await database.prisma.signUpCount.count({ where: { quarter: new Date('2022-05-05T10:15:00Z') } })).toBe(1)
})

test('days on which nobody registered are there, as zero', async () => {
  const { signUps } = await statistics({ from: '2024-02-27', to: '2024-03-01' })
  expect(signUps.map(({ date, count }) => [date, count])).toEqual([
    ['2024-02-27', 0],
    ['2024-02-28', 0],
    ['2024-02-29', 0],
    ['2024-03-01', 0],
  ])
  expect((await statistics()).signUps).toHaveLength(30)
})

test.each([
  ['UTC', { '2023-05-31': 2, '2023-06-01': 0 }],
  ['Europe/Vienna', { '2023-05-31': 1, '2023-06-01': 1 }],
  ['Asia/Kathmandu', { '2023-05-31': 0, '2023-06-01': 2 }],
])('a sign-up is counted on the day that it was in %s', async (timeZone, days) => {
  await database.query(`DELETE FROM users WHERE created_at < '2023-07-01'`)
  for (const time of ['2023-05-31T18:15:00Z', '2023-05-31T22:30:00Z']) {
    await database.query(
      `INSERT INTO users (id, email, name, created_at, updated_at) VALUES ($1, $2, 'x', $3, now())`,
      [newId(), `${newId()}@example.org`, time],
    )
  }
  const { signUps } = await statistics({ from: '2023-05-31', to: '2023-06-01', timeZone })
  expect(Object.fromEntries(signUps.map(({ date, count }) => [date, count]))).toEqual(days)
})

test.each([
  { from: '2026-01-02', to: '2026-01-01' },
  { from: '2024-01-01', to: '2026-01-01' },
  { from: '0001-01-01', to: '0001-01-02' },
  { timeZone: 'Mars/Olympus' },
  { from: '2026-02-30' },
])('%o is no range', async (query) => {
  expect((await ask('GET', `${usersPath}/stats?${new URLSearchParams(query).toString()}`)).status).toBe(400)
})
