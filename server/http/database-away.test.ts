import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { openDatabase, type Database } from '../db/database.ts'
import { startEmbeddedPostgres } from '../db/embedded-postgres.ts'
import { isDatabaseAway } from '../db/errors.ts'
import { testDatabase } from '../test/database.ts'
import { eventually } from '../test/eventually.ts'
import { testLog } from '../test/log.ts'
import { reply, route } from './route.ts'
import { status } from './status.ts'
import { serveRoutes, type TestServer } from './testing.ts'

const endings: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const ending of endings.splice(0).reverse()) await ending()
})

/** Every way in which Berth asks its database, by the path of a route that does. */
const ways = {
  statement: (database: Database) => database.query('SELECT pg_sleep(0.2)'),
  model: ({ prisma }: Database) => prisma.category.findMany(),
  raw: ({ prisma }: Database) => prisma.$queryRaw`SELECT pg_sleep(0.2)::text`,
  transaction: (database: Database) => database.transaction((tx) => tx.$queryRaw`SELECT pg_sleep(0.2)::text`),
}
const paths = Object.keys(ways).map((name) => `/api/v1/${name}`)

async function serve(database: Database): Promise<TestServer> {
  const routes = Object.entries(ways).map(([name, ask]) =>
    route({
      method: 'get',
      path: `/${name}`,
      permission: 'public',
      summary: 'Asks the database',
      tags: ['Things'],
      responses: { [status.ok]: { description: 'It answered', schema: z.object({}) } },
      handler: async () => {
        await ask(database)
        return reply(status.ok, {})
      },
    }),
  )
  const server = await serveRoutes(routes, {
    authentication: { authenticate: async () => undefined, stillPermitted: async () => false },
    idempotency: { run: () => Promise.reject(new Error('unused')), removeExpired: async () => 0 },
  })
  endings.push(() => server.stop())
  return server
}

function opened(options: Omit<Parameters<typeof openDatabase>[0], 'log'>): Database {
  const database = openDatabase({ ...options, log: testLog() })
  endings.push(() => database.close())
  return database
}

async function askAll(server: TestServer) {
  const answers = await Promise.all(paths.map((path) => server.send('GET', path)))
  return answers.map(({ status: code, headers, body }) => ({
    status: code,
    retryAfter: headers.get('retry-after'),
    code: (body as { code?: string }).code,
  }))
}
const away = paths.map(() => ({ status: 503, retryAfter: '5', code: 'DATABASE_UNAVAILABLE' }))
const fine = paths.map(() => ({ status: 200, retryAfter: null, code: undefined }))

test.each(['127.0.0.1', 'localhost', 'nowhere.invalid'])(
  'a database that is not there (at %s) is a 503 to come back to, and no defect of ours',
  async (host) => {
    const server = await serve(opened({ url: `postgres://berth@${host}:1/berth` }))
    expect(await askAll(server)).toEqual(away)
    expect(server.logged.filter(({ level }) => Number(level) >= 50 || level === 'error')).toEqual([])
  },
)

test('a database that is stopped while requests are under way answers them so, and those that come after', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-away-'))
  // Under root the embedded server runs as a user of its own, which must pass through.
  chmodSync(folder, 0o711)
  endings.push(async () => rmSync(folder, { recursive: true, force: true }))
  const postgres = await startEmbeddedPostgres({ directory: join(folder, 'postgres'), log: testLog() })
  endings.push(() => postgres.stop())
  const database = opened({ url: postgres.url })
  await database.query('SELECT 1')
  const held = Promise.allSettled([
    database.query('SELECT pg_sleep(60)'),
    database.prisma.$queryRaw`SELECT pg_sleep(60)::text`,
    database.transaction((tx) => tx.$queryRaw`SELECT pg_sleep(60)::text`),
  ])
  await eventually(async () => {
    const [row] = await database.query<{ count: string }>(
      `SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND wait_event = 'PgSleep'`,
    )
    return row?.count === '3'
  })
  await postgres.stop()
  const reasons = (await held).map((result) => (result.status === 'rejected' ? (result.reason as unknown) : undefined))
  expect(reasons.map(isDatabaseAway)).toEqual([true, true, true])
  expect(await askAll(await serve(database))).toEqual(away)
})

test('a request that finds every connection in use is told to come back, and served when one is free', async () => {
  const clone = await testDatabase()
  endings.push(() => clone.drop())
  const database = opened({ url: clone.url, maxConnections: 1, patienceMilliseconds: 100 })
  const server = await serve(database)
  const held = await database.pool.connect()
  expect(await askAll(server)).toEqual(away)
  held.release()
  for (const path of paths) expect((await server.send('GET', path)).status).toBe(200)
})

test('a connection that is ended between two requests costs nobody the next one', async () => {
  const clone = await testDatabase()
  endings.push(() => clone.drop())
  const database = opened({ url: clone.url })
  const server = await serve(database)
  expect(await askAll(server)).toEqual(fine)
  await clone.database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  )
  await eventually(() => database.pool.idleCount === 0)
  expect(await askAll(server)).toEqual(fine)
})

test('what the database refuses is no outage: to try again would not help', async () => {
  const clone = await testDatabase()
  endings.push(() => clone.drop())
  const { database } = clone
  const failed = await Promise.allSettled([
    database.query('SELECT nothing'),
    database.query('SELECT 1 / 0'),
    database.prisma.$queryRaw`SELECT nothing`,
    database.transaction(() => Promise.reject(new Error('on purpose'))),
  ])
  for (const each of failed) expect(each.status === 'rejected' && isDatabaseAway(each.reason)).toBe(false)
  expect(failed.map((each) => each.status)).toEqual(failed.map(() => 'rejected'))
})
