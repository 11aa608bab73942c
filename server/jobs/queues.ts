import type { PgBoss, Queue } from 'pg-boss'
import type { Job } from './job.ts'

const deadLetterSuffix = '.dead'
const day = 24 * 3600

/** The queue that keeps what failed for good, until a person decides. */
export const deadLetterOf = (job: string): string => `${job}${deadLetterSuffix}`
export const isDeadLetter = (queue: string): boolean => queue.endsWith(deadLetterSuffix)

type Wanted = Omit<Queue, 'name'>

/** Makes the queues of these jobs, and changes those whose settings the code has changed since. */
export async function ensureQueues(boss: PgBoss, jobs: readonly Job[]): Promise<void> {
  const present = new Map((await boss.getQueues()).map((queue) => [queue.name, queue]))
  for (const job of jobs) {
    for (const [name, wanted] of queuesOf(job)) {
      const existing = present.get(name)
      if (!existing) await boss.createQueue(name, wanted)
      else if (differs(wanted, existing)) await boss.updateQueue(name, wanted)
    }
  }
}

/** The dead-letter queue first: the other one names it. */
const queuesOf = (job: Job): [string, Wanted][] => [
  [deadLetterOf(job.name), { retentionSeconds: 365 * day }],
  [
    job.name,
    {
      notify: true,
      deadLetter: deadLetterOf(job.name),
      retryLimit: job.retryLimit ?? 10,
      retryDelay: job.retryDelaySeconds ?? 1,
      retryBackoff: true,
      retryDelayMax: 300,
      heartbeatSeconds: 10,
      expireInSeconds: job.timeoutSeconds ?? 300,
      // Done jobs are counted each second while they are kept; what happened is told by operations and audit events.
      deleteAfterSeconds: 600,
    },
  ],
]

const differs = (wanted: Wanted, existing: Wanted): boolean =>
  (Object.keys(wanted) as (keyof Wanted)[]).some((key) => wanted[key] !== existing[key])
