import type { Config } from '../../config/types.ts'
import type { Feature, Platform } from '../feature.ts'
import { createDelivery } from './delivery.ts'
import { notificationJobs } from './jobs.ts'
import { mailboxIsOpen } from './mailbox.ts'

type Dependencies = Pick<Platform, 'database' | 'secretBox' | 'clock' | 'jobs' | 'metrics' | 'mailer'> & {
  config: Pick<Config, 'publicUrl' | 'mailServer'>
}
/** Mails: what they say, and that they arrive. */
export function notificationsFeature(platform: Dependencies) {
  const { database, jobs, config, mailer } = platform
  const delivery = createDelivery(platform)
  const deliverable = mailer !== undefined || mailboxIsOpen(config)
  return {
    name: 'notifications',
    jobs: notificationJobs({ database, jobs, delivery, deliverable }),
  } satisfies Feature
}
