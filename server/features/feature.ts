import type { Config } from '../config/types.ts'
import type { Database } from '../db/database.ts'
import type { BrowserPage } from '../http/browser-pages.ts'
import type { Route } from '../http/route.ts'
import type { Job, JobQueue } from '../jobs/job.ts'
import type { Clusters } from '../kube/clusters.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/log.ts'
import type { SecretBox } from '../lib/secret-box.ts'
import type { Mailer } from '../mail/mailer.ts'
import type { Metrics } from '../http/metrics.ts'
import type { RateLimits } from '../http/rate-limits/rate-limits.ts'
import type { Reconciler } from '../reconcile/reconciler.ts'

/** What the process opened: a feature's factory takes the part of it that the feature needs. */
export type Platform = {
  config: Config
  log: Logger
  clock: Clock
  database: Database
  secretBox: SecretBox
  jobs: JobQueue
  clusters: Clusters
  metrics: Metrics
  rateLimits: RateLimits
  /** Absent where no mail server is set. */
  mailer?: Mailer | undefined
}

/** What a feature gives to the process: routes to the api role, jobs to the worker role, reconcilers to the reconciler role. */
export type Feature = {
  name: string
  routes?: readonly Route[]
  /** Opened in a browser, in the api role. */
  pages?: readonly BrowserPage[]
  jobs?: readonly Job[]
  reconcilers?: readonly Reconciler[]
  /** Called in every process, after its jobs and reconcilers have stopped. */
  stop?(): Promise<void>
}
