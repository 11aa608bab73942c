import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer, type DemoServer } from '../demo/server.ts'
import { openDatabase, type Database } from '../server/db/database.ts'
import { startEmbeddedPostgres } from '../server/db/embedded-postgres.ts'
import { createLog } from '../server/lib/log.ts'
import { median, verdict } from './report.ts'
import { planOf, statementsOf } from './users-plans.ts'
import { seedUsers } from './users-seed.ts'

/**
 * An administrator's requests with a million users and with a thousand, over HTTP, in turns: what a million costs more.
 * The worst of the lists is the ratio; the statistics have a limit of their own.
 */
const [few, many] = [1_000, Number(process.env['BERTH_BENCH_USERS'] ?? 1_000_000)]
const rounds = Number(process.env['BERTH_BENCH_ROUNDS'] ?? 30)
const goal = 1.5
const statisticsGoalMilliseconds = 100
const [email, password] = ['bench@berth.localhost', randomBytes(12).toString('base64url')]
const log = createLog('silent')

type Installation = { count: number; server: DemoServer; database: Database; token: string }

/** Each case names what a list is asked for; `deep` ones begin where page 1,000 of 25 would. */
type Case = { name: string; query: Record<string, string>; deep?: true }
const day = (daysAgo: number) => new Date(Date.now() - daysAgo * 86_400_000).toISOString()
const orders = ['-created', 'created', 'name', '-name', 'email', '-email', 'lastSeen', '-lastSeen']
const cases: readonly Case[] = [
  { name: 'page 1', query: {} },
  ...orders.map((sort): Case => ({ name: `page 1,000 by ${sort}`, query: { sort }, deep: true })),
  { name: 'search, broad', query: { q: 'example' } },
  { name: 'search, broad, by name', query: { q: 'ada', sort: 'name' } },
  { name: 'search, 1 in 400', query: { q: 'zoë turing' } },
  { name: 'search, one person', query: { q: '.777@' } },
  { name: 'search, one person, by name', query: { q: '.777@', sort: 'name' } },
  { name: 'search, nobody', query: { q: 'xylophone' } },
  { name: 'search, two letters', query: { q: 'gr' } },
  { name: 'search, two letters, nobody', query: { q: 'qx' } },
  { name: 'role, rare', query: { role: 'ADMINISTRATOR' } },
  { name: 'role, common', query: { role: 'USER' } },
  { name: 'status, rare', query: { status: 'DEACTIVATED' } },
  { name: 'status, deleted', query: { status: 'DELETED' } },
  { name: 'not verified', query: { verified: 'false' } },
  { name: 'verified', query: { verified: 'true' } },
  { name: 'has subscriptions', query: { hasSubscriptions: 'true' } },
  { name: 'has none', query: { hasSubscriptions: 'false' } },
  { name: 'created in a month', query: { createdFrom: day(430), createdTo: day(400) } },
  { name: 'created in an hour, by name', query: { createdFrom: day(400 + 1 / 24), createdTo: day(400), sort: 'name' } },
  { name: 'seen in a month', query: { lastSeenFrom: day(430), lastSeenTo: day(400) } },
  { name: 'not seen for a year', query: { lastSeenTo: day(365), sort: 'lastSeen' } },
  {
    name: 'all together',
    query: {
      q: 'ada',
      role: 'USER',
      status: 'ACTIVE',
      verified: 'true',
      hasSubscriptions: 'true',
      createdFrom: day(900),
      lastSeenFrom: day(300),
      sort: 'name',
    },
  },
]

export async function users(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-bench-'))
  const postgres = await startEmbeddedPostgres({ directory: join(folder, 'postgres'), log })
  const opened: Installation[] = []
  try {
    for (const count of [few, many]) opened.push(await install(postgres.url, join(folder, String(count)), count))
    const [small, large] = opened
    if (!small || !large) throw new Error('there are not two installations to compare')
    console.log(`milliseconds, medians of ${rounds} requests in turns: ${few} users, ${many} users, ratio`)
    const ratios: number[] = []
    for (const one of cases) ratios.push(await compare(one, small, large))
    await statistics(small, large)
    verdict('users', Math.max(...ratios), goal.toFixed(2))
  } finally {
    for (const { server, database } of opened) {
      await server.stop()
      await database.close()
    }
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function install(serverUrl: string, dataDirectory: string, count: number): Promise<Installation> {
  const admin = openDatabase({ url: serverUrl, maxConnections: 1, log })
  await admin.query(`CREATE DATABASE bench_${count}`)
  await admin.close()
  const url = new URL(serverUrl)
  url.pathname = `/bench_${count}`
  const env = {
    ...process.env,
    DATABASE_URL: url.href,
    BERTH_ENCRYPTION_KEYS: `bench:${randomBytes(32).toString('base64')}`,
    BERTH_ROLES: 'api',
    BERTH_ADMIN_EMAIL: email,
    BERTH_ADMIN_PASSWORD: password,
    BERTH_LOG_LEVEL: 'warn',
  }
  const server = await startServer(env, dataDirectory)
  const database = openDatabase({ url: url.href, maxConnections: 2, log })
  const began = performance.now()
  await seedUsers(database, count)
  console.log(`${count} users seeded in ${((performance.now() - began) / 1_000).toFixed(0)} s`)
  return { count, server, database, token: await login(server.url) }
}

async function login(url: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password, tokenDelivery: 'body' }),
  })
  return ((await response.json()) as { accessToken: string }).accessToken
}

async function request({ server, token }: Installation, path: string): Promise<number> {
  const began = performance.now()
  const response = await fetch(`${server.url}/api/v1${path}`, { headers: { Authorization: `Bearer ${token}` } })
  const text = await response.text()
  if (!response.ok) throw new Error(`${path}: ${text}`)
  return performance.now() - began
}

async function inTurns(small: [Installation, string], large: [Installation, string]): Promise<[number, number]> {
  const samples: [number[], number[]] = [[], []]
  for (let round = -3; round < rounds; round++) {
    const [one, other] = [await request(...small), await request(...large)]
    if (round < 0) continue
    samples[0].push(one)
    samples[1].push(other)
  }
  return [median(samples[0]), median(samples[1])]
}

async function compare(one: Case, small: Installation, large: Installation): Promise<number> {
  const [fewer, more] = [await statementsOf(one, small), await statementsOf(one, large)]
  const [short, long] = await inTurns([small, fewer.path], [large, more.path])
  const ratio = long / short
  console.log(
    `${one.name.padEnd(30)} ${short.toFixed(2).padStart(7)} ${long.toFixed(2).padStart(7)} ${ratio.toFixed(2).padStart(6)}`,
  )
  for (const { sql, values } of more.statements) console.log(`    ${await planOf(large.database, sql, values)}`)
  return ratio
}

async function statistics(small: Installation, large: Installation): Promise<void> {
  for (const [name, path] of [
    ['statistics', '/users/stats'],
    [
      'statistics of a year',
      `/users/stats?from=${day(365).slice(0, 10)}&to=${day(0).slice(0, 10)}&timeZone=Europe/Vienna`,
    ],
  ] as const) {
    const [short, long] = await inTurns([small, path], [large, path])
    const held = long <= statisticsGoalMilliseconds ? 'held' : 'missed'
    console.log(
      `${name.padEnd(30)} ${short.toFixed(2).padStart(7)} ${long.toFixed(2).padStart(7)} ${(long / short).toFixed(2).padStart(6)}  goal ${statisticsGoalMilliseconds} ms ${held}`,
    )
  }
}
