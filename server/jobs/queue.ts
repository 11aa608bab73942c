import type { Db as BossDatabase, PgBoss } from 'pg-boss'
import type { Database } from '../db/database.ts'
import { messageOf } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import type { Job, JobCounts, JobQueue, JobRun } from './job.ts'
import { ensureQueues, deadLetterOf, isDeadLetter } from './queues.ts'
import { workJob } from './work.ts'

type Deps = {
  database: Database
  log: Logger
  /** Called at the end of each run: metrics. */
  onRun?: (run: JobRun) => void
  /** How long `stop` waits for running jobs. 30 where not given. */
  shutdownSeconds?: number
}

/**
 * The queue lives in the database beside the rows (schema `pgboss`), so a job and the change that needs it commit
 * together. A process that dies leaves its jobs "active" with a heartbeat that grows old: any other process gives them
 * out again. Ten seconds is the shortest heartbeat that pg-boss takes; looking every second keeps the whole below 15.
 */
export function createJobQueue(deps: Deps): JobQueue {
  let opening: Promise<PgBoss> | undefined
  let working = false

  const open = async (jobs: readonly Job[], work: boolean): Promise<PgBoss> => {
    const boss = await openBoss(deps, { work, schedule: work && jobs.some((job) => job.schedule !== undefined) })
    await ensureQueues(boss, jobs)
    return boss
  }

  /** The first of `prepare` and `start` opens; a later `start` needs a boss that supervises, so it opens anew. */
  const prepare = async (jobs: readonly Job[], work: boolean): Promise<PgBoss> => {
    if (opening && (working || !work)) return opening
    const before = opening
    working = work
    opening = open(jobs, work)
    opening.catch(() => (opening = undefined))
    await (await before)?.stop({ close: false, graceful: false })
    return opening
  }

  return {
    prepare: async (jobs) => void (await prepare(jobs, false)),

    async start(jobs) {
      const boss = await prepare(jobs, true)
      for (const job of jobs) await workJob(boss, job, deps)
    },

    async enqueue(tx, job, data, { singletonKey, priority, startAfterSeconds = 0 } = {}) {
      if (!opening) throw new Error(`the job "${job}" was enqueued before the queue was prepared`)
      const [boss, { fromPrisma }] = await Promise.all([opening, import('pg-boss')])
      const options = {
        db: fromPrisma(tx),
        startAfter: startAfterSeconds,
        ...(priority !== undefined && { priority }),
      }
      // A waiting job with this key is updated rather than left alone: the update locks it until this transaction ends,
      // so it cannot be run in between by somebody who does not see our rows yet, and the commit notifies again.
      if (singletonKey === undefined) await boss.send(job, data, options)
      else await boss.upsert(job, data, { ...options, singletonKey })
    },

    async stop() {
      const boss = await opening?.catch(() => undefined)
      opening = undefined
      working = false
      await boss?.stop({ close: false, graceful: true, timeout: (deps.shutdownSeconds ?? 30) * 1000 })
    },

    async counts() {
      const boss = await opening
      return boss ? countsOf(await boss.getQueues()) : []
    },
  }
}

async function openBoss(
  { database, log }: Deps,
  { work, schedule }: { work: boolean; schedule: boolean },
): Promise<PgBoss> {
  const { PgBoss } = await import('pg-boss')
  const boss = new PgBoss({
    db: onOurPool(database),
    useListenNotify: work,
    supervise: work,
    schedule,
    superviseIntervalSeconds: 1,
    monitorIntervalSeconds: 1,
    // Its own registry of processes and its opinion on autovacuum cost queries each second and are not read here.
    registerInstance: false,
    monitorVacuum: false,
    openTelemetry: { enabled: false },
  })
  boss.on('error', (error) => log.warn({ err: error }, `jobs: ${messageOf(error)}`))
  boss.on('warning', ({ message }) => log.warn(`jobs: ${message}`))
  return boss.start()
}

/** pg-boss on the pool and the listening connection that the process has anyway. */
const onOurPool = (database: Database): BossDatabase => ({
  executeSql: (text, values) => database.pool.query(text, values),
  async listen(channel, onNotification, onReconnect) {
    const close = await database.listen(channel, (payload) =>
      payload === '' ? onReconnect() : onNotification(payload),
    )
    return { close }
  },
})

type QueueState = { name: string; queuedCount: number; activeCount: number }

const countsOf = (queues: readonly QueueState[]): JobCounts[] => {
  const dead = new Map(queues.map((queue) => [queue.name, queue.queuedCount]))
  return queues
    .filter((queue) => dead.has(deadLetterOf(queue.name)) && !isDeadLetter(queue.name))
    .map(({ name, queuedCount, activeCount }) => ({
      job: name,
      waiting: queuedCount,
      active: activeCount,
      dead: dead.get(deadLetterOf(name)) ?? 0,
    }))
}
