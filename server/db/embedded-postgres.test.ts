import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { testLog } from '../test/log.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'

const log = testLog()
let folder: string
let directory: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-embedded-'))
  await chmod(folder, 0o711)
  directory = join(folder, 'postgres')
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}

test('a second start finds what the first one kept, at the same address', async () => {
  const first = await startEmbeddedPostgres({ directory, log })
  expect(first.adopted).toBe(false)
  await query(first.url, `CREATE TABLE kept AS SELECT 'ä' AS letter`)
  await first.stop()
  await expect(query(first.url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })

  const second = await startEmbeddedPostgres({ directory, log })
  onTestFinished(() => second.stop())
  expect(second).toMatchObject({ adopted: false, url: first.url })
  expect(await query(second.url, `SELECT letter, upper(letter) FROM kept`)).toEqual([{ letter: 'ä', upper: 'Ä' }])
  const [settings] = await query(
    second.url,
    `SELECT current_setting('server_encoding') AS encoding, current_setting('listen_addresses') AS listens`,
  )
  expect(settings).toEqual({ encoding: 'UTF8', listens: '127.0.0.1' })
})

test('nobody gets in without the password, and nobody else can read it', async () => {
  const { url, stop } = await startEmbeddedPostgres({ directory, log })
  onTestFinished(stop)
  const address = new URL(url)
  address.password = 'guessed'
  await expect(query(address.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' })
  const file = join(directory, 'data', 'berth.json')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await readFile(file, 'utf8')).toContain(new URL(url).password)
})

test('a server whose owner was killed is adopted with its data, and stops when told', async () => {
  const program = `
    import { startEmbeddedPostgres } from ${JSON.stringify(join(import.meta.dirname, 'embedded-postgres.ts'))}
    import { createLog } from ${JSON.stringify(join(import.meta.dirname, '..', 'lib', 'log.ts'))}
    const { url } = await startEmbeddedPostgres({ directory: process.argv[1], log: createLog('silent') })
    console.log(url)
    setInterval(() => {}, 1000)`
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', program, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [url] = (await once(createInterface({ input: owner.stdout }), 'line')) as [string]
  await query(url, `CREATE TABLE kept AS SELECT 1 AS number`)
  owner.kill('SIGKILL')
  await once(owner, 'exit')

  const adopted = await startEmbeddedPostgres({ directory, log })
  expect(adopted).toMatchObject({ adopted: true, url })
  expect(await query(url, `SELECT number FROM kept`)).toEqual([{ number: 1 }])
  await adopted.stop()
  await expect(query(url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('a server that was killed itself is started anew: no acknowledged row is lost', async () => {
  const first = await startEmbeddedPostgres({ directory, log })
  await query(first.url, `CREATE TABLE kept AS SELECT 1 AS number`)
  const pid = Number((await readFile(join(directory, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0])
  process.kill(pid, 'SIGKILL')
  const second = await startEmbeddedPostgres({ directory, log })
  onTestFinished(() => second.stop())
  expect(second.adopted).toBe(false)
  expect(await query(second.url, `SELECT number FROM kept`)).toEqual([{ number: 1 }])
})

test('a port that somebody else has taken meanwhile is given up for another', async () => {
  const first = await startEmbeddedPostgres({ directory, log })
  await first.stop()
  const port = Number(new URL(first.url).port)
  const intruder = createServer().listen(port, '127.0.0.1')
  await once(intruder, 'listening')
  onTestFinished(() => void intruder.close())
  const second = await startEmbeddedPostgres({ directory, log })
  onTestFinished(() => second.stop())
  expect(new URL(second.url).port).not.toBe(String(port))
  expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('of two starts at once on one folder none makes a second database', async () => {
  const starts = await Promise.allSettled([
    startEmbeddedPostgres({ directory, log }),
    startEmbeddedPostgres({ directory, log }),
  ])
  const started = starts.filter((start) => start.status === 'fulfilled').map(({ value }) => value)
  onTestFinished(async () => {
    for (const { stop } of started) await stop()
  })
  expect(started.length).toBeGreaterThan(0)
  expect(new Set(started.map(({ url }) => url)).size).toBe(1)
  for (const start of starts.filter(({ status }) => status === 'rejected')) {
    expect(start).toMatchObject({ reason: { code: 'EMBEDDED_POSTGRES_FAILED' } })
  }
})

test.runIf(process.getuid?.() === 0)(
  'below a folder of root alone it runs all the same, and leaves nothing elsewhere when that folder was temporary',
  async () => {
    await chmod(folder, 0o700)
    const first = await startEmbeddedPostgres({ directory, log })
    const home = await readFile(join(directory, 'kept-in'), 'utf8')
    expect(home).toMatch(/^\/var\/lib\/berth\/[0-9a-f]{16}$/)
    expect(await query(first.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    await first.stop()
    expect((await stat(home)).isDirectory()).toBe(true)

    await rm(directory, { recursive: true })
    const second = await startEmbeddedPostgres({ directory: join(folder, 'another'), log })
    onTestFinished(() => second.stop())
    await expect(stat(home)).rejects.toMatchObject({ code: 'ENOENT' })
  },
)
