import type { Config } from '../../config/types.ts'
import type { Feature, Platform } from '../feature.ts'
import { createDelivery } from './delivery.ts'
import { notificationJobs } from './jobs.ts'
import { createLetters } from './mailbox/letters.ts'
import { mailboxIsOpen } from './mailbox/open.ts'
import { mailboxPages } from './mailbox/pages.ts'
import { createNotificationOversight } from './oversight.ts'
import { notificationRoutes } from './routes.ts'

type Dependencies = Pick<Platform, 'database' | 'secretBox' | 'clock' | 'jobs' | 'metrics' | 'mailer'> & {
  config: Pick<Config, 'publicUrl' | 'mailServer'>
}

/** Mails: what they say, that they arrive, and what administrators see of it. */
export function notificationsFeature(platform: Dependencies) {
  const { database, jobs, config, mailer } = platform
  const delivery = createDelivery(platform)
  const shownInMailbox = mailboxIsOpen(config)
  return {
    name: 'notifications',
    routes: notificationRoutes(createNotificationOversight({ database, jobs })),
    pages: shownInMailbox ? mailboxPages(createLetters(platform)) : [],
    jobs: notificationJobs({ database, jobs, delivery, deliverable: mailer !== undefined || shownInMailbox }),
  } satisfies Feature
}
