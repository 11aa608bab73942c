import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Database } from '../db/database.ts'
import { createLog } from '../lib/log.ts'
import { testDatabase, type TestDatabase } from '../test/database.ts'
import type { Job, JobRun } from './job.ts'
import { createJobQueue } from './queue.ts'

let clone: TestDatabase
let database: Database
beforeAll(async () => {
  clone = await testDatabase()
  database = clone.database
})
afterAll(() => clone.drop())

const log = createLog('silent')
const patience = { timeout: 10_000, interval: 5 }

/** A queue that works the jobs until the test is over, and notes how each run ended. */
async function working(...jobs: Job[]) {
  const runs: JobRun[] = []
  const queue = createJobQueue({ database, log, onRun: (run) => runs.push(run), shutdownSeconds: 2 })
  onTestFinished(() => queue.stop())
  await queue.start(jobs)
  const enqueue = (job: string, data: object = {}, options = {}) =>
    database.transaction((tx) => queue.enqueue(tx, job, data, options))
  return { queue, runs, enqueue }
}

test('a transaction that is rolled back leaves no job; one that commits wakes a worker at once', async () => {
  const seen: unknown[] = []
  const { queue, enqueue } = await working({ name: 'wake', run: async (data) => void seen.push(data) })
  const broken = database.transaction(async (tx) => {
    await queue.enqueue(tx, 'wake', { from: 'the broken one' })
    throw new Error('changed its mind')
  })
  await expect(broken).rejects.toThrow('changed its mind')
  await enqueue('wake', { from: 'the other one' })
  const committed = performance.now()
  await expect.poll(() => seen, patience).toEqual([{ from: 'the other one' }])
  // Below the polling interval of a second: it was the notification.
  expect(performance.now() - committed).toBeLessThan(700)
})

test('a job that fails is tried again, and one that fails for good is kept and counted', async () => {
  const attempts: number[] = []
  const { queue, runs, enqueue } = await working({
    name: 'hopeless',
    retryLimit: 2,
    async run(_data, { attempt }) {
      attempts.push(attempt)
      throw new Error('never works')
    },
  })
  await enqueue('hopeless', { id: 7 })
  await expect.poll(() => runs.map(({ outcome }) => outcome), patience).toEqual(['failed', 'failed', 'dead'])
  expect(attempts).toEqual([1, 2, 3])
  const counted = { job: 'hopeless', waiting: 0, active: 0, dead: 1 }
  await expect.poll(() => queue.counts(), patience).toContainEqual(counted)
  const [kept] = await database.query<{ data: unknown }>(`select data from pgboss.job where name = 'hopeless.dead'`)
  expect(kept?.data).toEqual({ id: 7 })
})

test('each delay is longer than the one before', async () => {
  const times: number[] = []
  const { runs, enqueue } = await working({
    name: 'slower',
    retryLimit: 2,
    retryDelaySeconds: 1,
    async run() {
      times.push(performance.now())
      throw new Error('again')
    },
  })
  await enqueue('slower')
  await expect.poll(() => runs.length, patience).toBe(3)
  const [first = 0, second = 0, third = 0] = times
  expect(second - first).toBeGreaterThan(500)
  expect(third - second).toBeGreaterThan(1000)
})

test('a wake that comes while another waits is one run, and one that comes while it runs is a second', async () => {
  const seen: unknown[] = []
  let release = (): void => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const { enqueue } = await working({
    name: 'keyed',
    async run(data) {
      seen.push(data)
      if (seen.length === 1) await held
    },
  })
  await enqueue('keyed', { n: 1 }, { singletonKey: 'a' })
  await expect.poll(() => seen.length, patience).toBe(1)
  for (const n of [2, 3, 4]) await enqueue('keyed', { n }, { singletonKey: 'a', startAfterSeconds: 1 })
  release()
  await expect.poll(() => seen, patience).toEqual([{ n: 1 }, { n: 4 }])
})

test('a waiting job is not run between the change and the commit of the transaction that replaces it', async () => {
  const seen: unknown[] = []
  const { queue } = await working({ name: 'replaced', run: async (data) => void seen.push(data) })
  await database.transaction((tx) =>
    queue.enqueue(tx, 'replaced', { n: 1 }, { singletonKey: 'a', startAfterSeconds: 1 }),
  )
  await database.transaction(async (tx) => {
    await queue.enqueue(tx, 'replaced', { n: 2 }, { singletonKey: 'a' })
    // The first one's time comes, and several polls go by, while this transaction is open.
    await tx.$queryRaw`select pg_sleep(2.5)::text`
    expect(seen).toEqual([])
  })
  await expect.poll(() => seen, patience).toEqual([{ n: 2 }])
})

test('a thousand at once are worked in batches, never more at a time than the job allows', async () => {
  let running = 0
  let most = 0
  let done = 0
  const { queue } = await working({
    name: 'many',
    concurrency: 32,
    batchSize: 16,
    async run() {
      most = Math.max(most, (running += 1))
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
      done += 1
    },
  })
  for (let hundred = 0; hundred < 10; hundred += 1) {
    await database.transaction(async (tx) => {
      for (let n = 0; n < 100; n += 1) await queue.enqueue(tx, 'many', { n: hundred * 100 + n })
    })
  }
  await expect.poll(() => done, { timeout: 30_000 }).toBe(1000)
  expect(most).toBeLessThanOrEqual(32)
  expect(most).toBeGreaterThan(1)
})

test('stopping waits for the job that runs, and gives back the one that does not end', async () => {
  let finish = (): void => {}
  const ended: string[] = []
  const { queue, enqueue } = await working(
    {
      name: 'polite',
      async run() {
        await new Promise<void>((resolve) => (finish = resolve))
        ended.push('polite')
      },
    },
    {
      name: 'endless',
      async run(_data, { signal }) {
        await once(signal, 'abort')
        ended.push('endless')
      },
    },
  )
  await enqueue('polite')
  await enqueue('endless')
  await expect.poll(async () => (await states()).filter(({ state }) => state === 'active').length, patience).toBe(2)
  const stopped = queue.stop()
  finish()
  await stopped
  expect(ended).toEqual(['polite', 'endless'])
  expect(await states()).toEqual(
    expect.arrayContaining([
      { name: 'polite', state: 'completed' },
      { name: 'endless', state: 'retry' },
    ]),
  )
})
const states = () =>
  database.query<{ name: string; state: string }>(
    `select name, state::text from pgboss.job where name in ('polite', 'endless')`,
  )

test('a job lost by kill -9 runs again in another process within 15 seconds', async () => {
  const program = `
    import { openDatabase } from '${new URL('../db/database.ts', import.meta.url).href}'
    import { createJobQueue } from '${new URL('./queue.ts', import.meta.url).href}'
    import { createLog } from '${new URL('../lib/log.ts', import.meta.url).href}'
    const log = createLog('silent')
    const database = openDatabase({ url: process.argv[1], log })
    const queue = createJobQueue({ database, log })
    await queue.start([{ name: 'lost', run: () => { console.log('running'); return new Promise(() => {}) } }])
    await database.transaction((tx) => queue.enqueue(tx, 'lost', { id: 1 }))
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program, clone.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(createInterface({ input: child.stdout }), 'line')
  child.kill('SIGKILL')
  const killed = performance.now()
  const seen: { data: unknown; attempt: number }[] = []
  await working({ name: 'lost', run: async (data, { attempt }) => void seen.push({ data, attempt }) })
  await expect.poll(() => seen, { timeout: 20_000 }).toEqual([{ data: { id: 1 }, attempt: 2 }])
  expect(performance.now() - killed).toBeLessThan(15_000)
})

test('a schedule is kept in the database, once for all processes', async () => {
  const job: Job = { name: 'nightly', schedule: '0 3 * * *', run: async () => {} }
  await working(job)
  await working(job)
  expect(await database.query(`select name, cron from pgboss.schedule where name = 'nightly'`)).toEqual([
    { name: 'nightly', cron: '0 3 * * *' },
  ])
})

test('enqueueing a job that no feature has is refused before it is lost', async () => {
  const { enqueue } = await working({ name: 'known', run: async () => {} })
  await expect(enqueue('unknown')).rejects.toThrow('unknown does not exist')
})
