import type { Metrics } from '../http/metrics.ts'
import type { JobQueue, JobRun } from '../jobs/job.ts'

/** How jobs ran in this process. */
export function countRuns(metrics: Metrics): (run: JobRun) => void {
  const seconds = metrics.histogram({
    name: 'berth_job_seconds',
    help: 'How long runs of jobs took, by how they ended; "dead" failed for the last time.',
    labels: ['job', 'outcome'],
  })
  return ({ job, outcome, milliseconds }) => seconds.observe({ job, outcome }, milliseconds / 1000)
}

/** How many jobs stand in the database, whoever works them. */
export function countQueues(metrics: Metrics, jobs: Pick<JobQueue, 'counts'>): void {
  metrics.gauge({
    name: 'berth_jobs',
    help: 'Jobs that wait, run, or failed for good and wait for a person ("dead").',
    labels: ['job', 'state'],
    async collect(gauge) {
      for (const { job, ...states } of await jobs.counts()) {
        for (const [state, count] of Object.entries(states)) gauge.set({ job, state }, count)
      }
    },
  })
}
