import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../../db/database.ts'
import { encodeId, newId } from '../../lib/ids.ts'
import { serveAllFeatures } from '../../test/all-features.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { insertSubscription } from '../../test/subscription-row.ts'
import type { TestApi } from '../auth/testing.ts'
import {
  gatherStatement,
  sorts,
  walkStatement,
  type ListedUser,
  type Statement,
  type UserFilter,
} from './find-users.ts'
import { asAdministrator, usersPath, type UserJson } from './testing.ts'

/** More people than a walk looks at, so that both ways to a page are gone. */
const many = 5_000
let own: TestDatabase
let database: Database
let api: TestApi
let ask: ReturnType<typeof asAdministrator>
beforeAll(async () => {
  own = await testDatabase()
  database = own.database
  api = await serveAllFeatures(database)
  ask = asAdministrator(api, await api.signIn('ADMINISTRATOR'))
  await database.query(
    `INSERT INTO users (id, email, name, role, status, email_verified_at, last_seen_at, created_at, updated_at)
     SELECT gen_random_uuid(), 'p' || i || CASE WHEN i % 701 = 3 THEN '.rare@' ELSE '@' END || 'mail.example',
       CASE i % 5 WHEN 0 THEN 'ada ' WHEN 1 THEN 'Ada ' WHEN 2 THEN 'Zoë_' WHEN 3 THEN '100% ' ELSE 'Éva ' END || i / 7,
       (CASE WHEN i % 900 = 1 THEN 'ADMINISTRATOR' ELSE 'USER' END)::user_role,
       (CASE WHEN i % 11 = 0 THEN 'DEACTIVATED' ELSE 'ACTIVE' END)::user_status,
       CASE WHEN i % 3 > 0 THEN now() END, CASE WHEN i % 4 > 0 THEN now() - i * interval '20 minutes' END,
       now() - (i / 3) * interval '10 minutes', now()
     FROM generate_series(1, $1) i`,
    [many],
  )
  for (const i of [17, 4_000]) {
    const user = await database.prisma.user.findFirstOrThrow({ where: { email: `p${i}@mail.example` } })
    const organization = await database.prisma.organization.create({
      data: { id: newId(), name: 'Own', memberships: { create: { userId: user.id } } },
    })
    await insertSubscription(database, { userId: user.id, organizationId: organization.id })
  }
  await database.query('ANALYZE users')
})
afterAll(async () => {
  await api.stop()
  await own.drop()
})

type Page = { data: UserJson[]; page: { nextCursor: string | null } }
const page = async (query: Record<string, string>): Promise<Page> => {
  const { status, body } = await ask('GET', `${usersPath}?${new URLSearchParams(query).toString()}`)
  expect([status, body.code]).toEqual([200, undefined])
  return body as unknown as Page
}
async function follow(query: Record<string, string>): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const { data, page: next }: Page = await page({ limit: '100', ...query, ...(cursor && { cursor }) })
    ids.push(...data.map(({ id }) => id))
    cursor = next.nextCursor
  } while (cursor !== null)
  return ids
}

const keys = {
  created: 'created_at',
  name: 'lower(name)',
  email: 'lower(email)',
  lastSeen: `coalesce(last_seen_at, '-infinity')`,
} as const
const expected = async (condition: string, sort: (typeof sorts)[number]): Promise<string[]> => {
  const direction = sort.startsWith('-') ? 'DESC' : 'ASC'
  const key = keys[sort.replace('-', '') as keyof typeof keys]
  const rows = await database.query<{ id: string }>(
    `SELECT id FROM users WHERE ${condition} ORDER BY ${key} ${direction}, id ${direction}`,
  )
  return rows.map(({ id }) => encodeId('user', id))
}

test.each(sorts)('following the pages in the order %s shows everybody once', { timeout: 60_000 }, async (sort) => {
  expect(await follow({ sort })).toEqual(await expected('true', sort))
})

const day = (daysAgo: number) => new Date(Date.now() - daysAgo * 86_400_000).toISOString()
const [early, late] = [day(12), day(3)]
test.each<[Record<string, string>, string]>([
  [{ q: 'RARE@mail' }, `email LIKE '%rare@mail%'`],
  [{ q: 'ada 1' }, `lower(name || ' ' || email) LIKE '%ada%' AND (lower(name) LIKE '% 1%' OR email LIKE '1%')`],
  [{ q: 'éva' }, `name LIKE 'Éva%'`],
  [{ q: 'é' }, `name LIKE 'Éva%'`],
  [{ q: '100%' }, `name LIKE '100\\%%'`],
  [{ q: 'zoë_' }, `name LIKE 'Zoë\\_%'`],
  [{ q: 'p49' }, `email LIKE 'p49%'`],
  [{ role: 'ADMINISTRATOR' }, `role = 'ADMINISTRATOR'`],
  [{ status: 'DEACTIVATED' }, `status = 'DEACTIVATED'`],
  [{ status: 'DELETED' }, `false`],
  [{ verified: 'false' }, `email_verified_at IS NULL`],
  [{ createdFrom: early, createdTo: late }, `created_at >= '${early}' AND created_at < '${late}'`],
  [{ lastSeenFrom: early, lastSeenTo: late }, `last_seen_at >= '${early}' AND last_seen_at < '${late}'`],
  [{ lastSeenTo: early }, `coalesce(last_seen_at < '${early}', true)`],
  [{ hasSubscriptions: 'true' }, `email IN ('p17@mail.example', 'p4000@mail.example')`],
  [
    { hasSubscriptions: 'false', role: 'ADMINISTRATOR', verified: 'true', q: 'mail.example' },
    `role = 'ADMINISTRATOR' AND email_verified_at IS NOT NULL AND email LIKE '%mail.example'`,
  ],
])('%o finds who fits and nobody else, in each order', { timeout: 60_000 }, async (query, condition) => {
  for (const sort of ['-created', 'name', '-lastSeen', 'email'] as const) {
    expect(await follow({ ...query, sort })).toEqual(await expected(condition, sort))
  }
})

test('a page is the same whichever way it was found', async () => {
  const filters: UserFilter[] = [{}, { q: 'ada' }, { role: 'USER', verified: true }, { lastSeenTo: new Date() }]
  for (const filter of filters) {
    for (const sort of sorts) {
      const [walk, gather] = [
        walkStatement(filter, { sort, limit: 10 }, 1_000),
        gatherStatement(filter, { sort, limit: 10 }),
      ]
      const idsBy = async ({ sql, values }: Statement) =>
        (await database.query<ListedUser>(sql, values)).map(({ id }) => id)
      const [walked, gathered] = [await idsBy(walk), await idsBy(gather)]
      // A walk ends early where few fit.
      expect(gathered.slice(0, walked.length)).toEqual(walked)
    }
  }
})

test('a cursor of one order is none of another, and a made-up one is none at all', async () => {
  const { page: next } = await page({ limit: '1', sort: 'name' })
  const made = (key: unknown[]) => Buffer.from(JSON.stringify(key)).toString('base64url')
  const tries = [
    { sort: '-name', cursor: next.nextCursor ?? '' },
    { sort: 'created', cursor: made(['users', 'created', 'yesterday', newId()]) },
    { sort: 'created', cursor: made(['users', 'created', '-infinity', newId()]) },
    { sort: 'created', cursor: made(['users', 'created', '0000-01-01T00:00:00Z', newId()]) },
    { sort: 'lastSeen', cursor: made(['users', 'lastSeen', '0000-01-01T00:00:00Z', newId()]) },
    { sort: 'created', cursor: made(['users', 'created', '2026-01-01T00:00:00Z', 'x']) },
    { sort: 'email', cursor: made(['users', 'email', 'a\0', newId()]) },
    { sort: 'name', cursor: made(['users', 'name', '\ud800', newId()]) },
  ]
  for (const query of tries) {
    expect((await ask('GET', `${usersPath}?${new URLSearchParams(query).toString()}`)).status).toBe(400)
  }
})

test('who is deleted is found only when asked for', async () => {
  const person = await api.signIn()
  await ask('DELETE', `${usersPath}/${encodeId('user', person.userId)}`)
  expect((await page({ q: 'deleted.invalid' })).data).toEqual([])
  expect((await page({ status: 'DELETED' })).data).toMatchObject([{ id: encodeId('user', person.userId) }])
})
