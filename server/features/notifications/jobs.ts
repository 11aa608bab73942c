import type { Database } from '../../db/database.ts'
import type { Job, JobQueue } from '../../jobs/job.ts'
import type { createDelivery } from './delivery.ts'
import { sendMailJob } from './service.ts'
import { listForgotten, tidy } from './store.ts'

type Dependencies = {
  database: Database
  jobs: Pick<JobQueue, 'enqueue'>
  delivery: ReturnType<typeof createDelivery>
  /** Whether there is anywhere for mails to go. */
  deliverable: boolean
}

/** After some runs the delays are five minutes each: together about a day, the longest that a link lives. */
const retryLimit = 290
const forgottenMinutes = 15
const batch = 100
const mostAtOnce = 1000
const emptyAfterDays = 7
const removeAfterDays = 90
const waitedTooLong = `It waited for ${emptyAfterDays} days and was given up.`

export const notificationJobs = ({ database, jobs, delivery, deliverable }: Dependencies): Job[] => {
  const send: Job<{ notificationId: string }> = {
    name: sendMailJob,
    run: ({ notificationId }, { signal, attempt, log }) =>
      delivery.deliver(notificationId, { signal, log, last: attempt > retryLimit }),
    retryLimit,
    retryDelaySeconds: 2,
    timeoutSeconds: 60,
  }
  const resend: Job = {
    name: 'resend-forgotten-mails',
    schedule: '*/5 * * * *',
    async run(_data, { log }) {
      const ids = deliverable ? await listForgotten(database, forgottenMinutes, mostAtOnce) : []
      for (let from = 0; from < ids.length; from += batch) {
        await database.transaction(async (tx) => {
          for (const id of ids.slice(from, from + batch))
            await jobs.enqueue(tx, sendMailJob, { notificationId: id }, { singletonKey: id })
        })
      }
      if (ids.length > 0) log.info({ mails: ids.length }, 'mails that waited without a job are sent')
    },
  }
  const housekeeping: Job = {
    name: 'notification-housekeeping',
    schedule: '23 3 * * *',
    async run(_data, { log }) {
      const tidied = await tidy(database, { emptyAfterDays, removeAfterDays, reason: waitedTooLong })
      log.info(tidied, 'emptied and removed old notifications')
    },
  }
  return [send, resend, housekeeping]
}
