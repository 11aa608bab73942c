import type { JobResult, JobWithMetadata, PgBoss } from 'pg-boss'
import { messageOf } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import type { Job, JobRun } from './job.ts'

type Deps = { log: Logger; onRun?: (run: JobRun) => void }

/** The first loop polls for what no notification tells: a retry whose delay is over, a job taken back from the dead. */
const firstLoopSeconds = 1
const otherLoopsSeconds = 30

/**
 * Works one job: `concurrency` runs at a time, as so many fetching loops as batches are needed for that. A
 * notification wakes the loops within milliseconds; a loop that got a full batch fetches again at once and wakes its
 * siblings, so a backlog is worked without pauses while an idle queue costs one query a second.
 */
export async function workJob(boss: PgBoss, job: Job, deps: Deps): Promise<void> {
  const { concurrency = 4, batchSize = 1 } = job
  const loops: string[] = []
  const work = async (batch: JobWithMetadata<object>[]): Promise<JobResult[]> => {
    if (batch.length === batchSize) for (const loop of loops) boss.notifyWorker(loop)
    return Promise.all(batch.map((claimed) => runOne(job, claimed, deps)))
  }
  const count = Math.max(1, Math.ceil(concurrency / batchSize))
  for (let loop = 0; loop < count; loop += 1) {
    const options = {
      includeMetadata: true,
      perJobResults: true,
      batchSize,
      pollingIntervalSeconds: 1,
      notifyPollingIntervalSeconds: loop === 0 ? firstLoopSeconds : otherLoopsSeconds,
      heartbeatRefreshSeconds: 3,
    } as const
    loops.push(await boss.work(job.name, options, work))
  }
  if (job.schedule !== undefined) await boss.schedule(job.name, job.schedule, {})
}

/** Never rejects: each job of a batch has its own end. */
async function runOne(job: Job, claimed: JobWithMetadata<object>, { log, onRun }: Deps): Promise<JobResult> {
  const started = performance.now()
  const attempt = claimed.retryCount + 1
  const jobLog = log.child({ job: job.name, jobId: claimed.id, attempt })
  const end = (outcome: JobRun['outcome']) =>
    onRun?.({ job: job.name, outcome, milliseconds: performance.now() - started })
  try {
    await job.run(claimed.data, { signal: claimed.signal, attempt, log: jobLog })
    end('completed')
    return { id: claimed.id, status: 'completed' }
  } catch (error) {
    const last = claimed.retryCount >= claimed.retryLimit
    if (last) jobLog.error({ err: error }, 'the job failed for the last time and waits in its dead-letter queue')
    else jobLog.warn({ err: error }, 'the job failed and will be tried again')
    end(last ? 'dead' : 'failed')
    return { id: claimed.id, status: 'failed', output: { message: messageOf(error) } }
  }
}
