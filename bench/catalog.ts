import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer, type DemoServer } from '../demo/server.ts'
import { openDatabase, type Database } from '../server/db/database.ts'
import { startEmbeddedPostgres } from '../server/db/embedded-postgres.ts'
import { createLog } from '../server/lib/log.ts'
import { seedServices } from './catalog-seed.ts'
import { median, verdict } from './report.ts'

/**
 * The public catalog with ten services and with ten thousand, over HTTP, in turns: what ten thousand cost more. Pages
 * are of ten, so that both answer with as much. The worst of the lists is the ratio.
 */
const [few, many] = [10, Number(process.env['BERTH_BENCH_SERVICES'] ?? 10_000)]
const rounds = Number(process.env['BERTH_BENCH_ROUNDS'] ?? 60)
const warmups = 10
const goal = 1.3
const log = createLog('silent')

type Installation = { server: DemoServer; database: Database }

const cases = [
  ['page 1', ''],
  ['by price', '&sort=price&currency=EUR'],
  ['newest', '&sort=newest'],
  ['search, ten hits', '&q=orchard'],
  ['search, ten hits, by name', '&q=orch&sort=name'],
  ['search, every service a hit', '&q=measure'],
  // A letter of the tenth service's name is another one.
  ['search, a letter wrong', '&q=d3d944x%20802a4'],
  // Of the ten, one is in it: both pages are of one.
  ['category', '&category=bench-0&limit=1'],
  ['tag, ten hits', '&tag=rare'],
  ['tag, everywhere', '&tag=shared'],
  ['price range', '&currency=EUR&minPrice=0&maxPrice=20000'],
  ['price range, by price', '&currency=EUR&minPrice=500&maxPrice=1000000&sort=price'],
] as const

export async function catalog(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-bench-'))
  const postgres = await startEmbeddedPostgres({ directory: join(folder, 'postgres'), log })
  const opened: Installation[] = []
  try {
    for (const count of [few, many]) opened.push(await install(postgres.url, join(folder, String(count)), count))
    const [small, large] = opened
    if (!small || !large) throw new Error('there are not two installations to compare')
    console.log(`milliseconds, medians of ${rounds} requests in turns: ${few} services, ${many} services, ratio`)
    const ratios: number[] = []
    for (const [name, query] of cases)
      ratios.push(
        await compare(name, query.includes('limit=') ? `?${query.slice(1)}` : `?limit=10${query}`, small, large),
      )
    await compare('page 1, unchanged (304)', '?limit=10', small, large, true)
    verdict('catalog', Math.max(...ratios), goal.toFixed(1))
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
  const server = await startServer(
    {
      ...process.env,
      DATABASE_URL: url.href,
      BERTH_ENCRYPTION_KEYS: `bench:${randomBytes(32).toString('base64')}`,
      BERTH_ROLES: 'api',
      BERTH_LOG_LEVEL: 'warn',
      BERTH_RATE_LIMITS: 'off',
    },
    dataDirectory,
  )
  const database = openDatabase({ url: url.href, maxConnections: 2, log })
  const began = performance.now()
  await seedServices(database, count)
  console.log(`${count} services seeded in ${((performance.now() - began) / 1_000).toFixed(1)} s`)
  return { server, database }
}

type Answer = { milliseconds: number; etag: string; services: number }

async function request({ server }: Installation, query: string, etag?: string): Promise<Answer> {
  const began = performance.now()
  const headers = etag === undefined ? {} : { 'If-None-Match': etag }
  const response = await fetch(`${server.url}/api/v1/catalog/services${query}`, { headers })
  const text = await response.text()
  const milliseconds = performance.now() - began
  if (response.status >= 400) throw new Error(`${query}: ${text}`)
  const services = text === '' ? 0 : (JSON.parse(text) as { data: unknown[] }).data.length
  return { milliseconds, etag: response.headers.get('etag') ?? '', services }
}

/** In turns, so that whatever else the machine does is shared by both. */
async function compare(name: string, query: string, small: Installation, large: Installation, known = false) {
  const tags = known ? [(await request(small, query)).etag, (await request(large, query)).etag] : []
  const samples: [number[], number[]] = [[], []]
  let found = ''
  for (let round = -warmups; round < rounds; round++) {
    const [one, other] = [await request(small, query, tags[0]), await request(large, query, tags[1])]
    found = `${one.services} and ${other.services} services`
    if (round < 0) continue
    samples[0].push(one.milliseconds)
    samples[1].push(other.milliseconds)
  }
  const [short, long] = [median(samples[0]), median(samples[1])]
  const figures = [short, long, long / short].map((figure) => figure.toFixed(2).padStart(7)).join(' ')
  console.log(`${name.padEnd(30)} ${figures}   ${found}`)
  return long / short
}
