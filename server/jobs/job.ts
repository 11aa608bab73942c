import type { Tx } from '../db/database.ts'
import type { Logger } from '../lib/log.ts'

/**
 * Work that outlives the request that asked for it. It may run more than once (a process can die after the work and
 * before the note of it), so what `run` does must be safe to repeat: the rows decide, the job only wakes.
 */
export type Job<Data extends object = object> = {
  /** Letters, digits, `-`, `_`, `.`: the name of its queue. */
  readonly name: string
  /** Throwing means "again later", until `retryLimit` is spent; then the job is kept in its dead-letter queue. */
  run(data: Data, context: JobContext): Promise<void>
  /** How often a failed run is repeated. 10 where not given. */
  readonly retryLimit?: number
  /** The first delay; each further one doubles, with jitter, up to five minutes. 1 where not given. */
  readonly retryDelaySeconds?: number
  /** A run that takes longer counts as failed, and its signal aborts. 300 where not given. */
  readonly timeoutSeconds?: number
  /** How many run at a time in one process. 4 where not given. */
  readonly concurrency?: number
  /** How many are fetched and settled by one statement: for jobs that come in thousands. A slow one holds its batch. */
  readonly batchSize?: number
  /** A cron expression (five fields, UTC): enqueued at those times with the data `{}`, once however many processes run. */
  readonly schedule?: string
}

type JobContext = {
  /** Aborts when the run takes too long, lost its claim, or the process is made to end. */
  readonly signal: AbortSignal
  /** 1 for the first run. */
  readonly attempt: number
  readonly log: Logger
}

type EnqueueOptions = {
  /** A job with the same key that still waits is replaced by this one, so that a burst of wakes is one run. */
  readonly singletonKey?: string
  /** Higher first. 0 where not given. */
  readonly priority?: number
  readonly startAfterSeconds?: number
}

/** What stands in one job's queues. `dead` waits for a person. Up to a few seconds old. */
export type JobCounts = {
  readonly job: string
  readonly waiting: number
  readonly active: number
  readonly dead: number
}

/** One run that ended. `dead`: it failed for the last time. */
export type JobRun = {
  readonly job: string
  readonly outcome: 'completed' | 'failed' | 'dead'
  readonly milliseconds: number
}

export type JobQueue = {
  /** Puts a job into the caller's transaction: it exists exactly when the transaction commits. */
  enqueue(tx: Tx, job: string, data: object, options?: EnqueueOptions): Promise<void>
  /** Makes the tables and queues, so that `enqueue` works. What a process does that works no jobs itself. */
  prepare(jobs: readonly Job[]): Promise<void>
  /** `prepare`, and works them until `stop`. Once per process. */
  start(jobs: readonly Job[]): Promise<void>
  /** Takes no further jobs and waits for the running ones; after the deadline they are given back to be run again. */
  stop(): Promise<void>
  counts(): Promise<readonly JobCounts[]>
}
