import type { Config } from '../config/types.ts'
import type { Platform } from '../features/feature.ts'
import { mailboxIsOpen } from '../features/notifications/mailbox/open.ts'
import { createMetrics } from '../http/metrics.ts'
import { createJobQueue } from '../jobs/queue.ts'
import { createClusters } from '../kube/clusters.ts'
import { createClock } from '../lib/clock.ts'
import type { Logger } from '../lib/log.ts'
import { createSecretBox } from '../lib/secret-box.ts'
import { startRoles } from '../roles.ts'
import type { Closing } from './closing.ts'
import { clusterSource, registerCluster } from './cluster.ts'
import { openDataDirectory } from './data-directory.ts'
import { startDatabase } from './database.ts'
import { keysBeside } from './encryption-keys.ts'
import { openFrontDoor } from './front-door.ts'
import { countQueues, countRuns } from './job-metrics.ts'
import { openMailer } from './mail.ts'
import { openRateLimits } from './rate-limits.ts'
import { createReadiness } from './readiness.ts'
import { startSimulatedCluster } from './simulated-cluster.ts'
import type { Steps } from './steps.ts'
import { together } from './together.ts'

/** What was opened, and what a person is told of it. */
export type Started = {
  readonly url: string
  /** The command that connects to the embedded PostgreSQL, without its password; absent where DATABASE_URL is given. */
  readonly embeddedDatabase?: string
  /** Absent where a real cluster is driven. */
  readonly simulatedKubeconfig?: string
  /** The administrator's password, only from the start that made it. */
  readonly madePassword?: string
}
export type StartDeps = { config: Config; log: Logger; steps: Steps; closing: Closing }

/**
 * Opens what the settings ask for, the slow parts beside each other, and starts the roles. Everything opened is handed
 * to `closing` at once, so that a start that fails halfway leaves nothing behind. Throws a Failure whose message is the
 * sentence for the person who started it.
 */
export async function startServer(deps: StartDeps): Promise<Started> {
  const { config, log, steps, closing } = deps
  const shutdown = new AbortController()
  const door = await openFrontDoor(config, shutdown)
  closing.add('port', () => door.close(0))
  if (usesDataDirectory(config)) {
    const directory = openDataDirectory(config.dataDirectory)
    closing.add('data directory', () => directory.release())
  }
  const secretBox = createSecretBox(config.encryptionKeys ?? keysBeside(config.dataDirectory))

  const [data, simulated, { createBerthApp, createFeatures }] = await together(
    startDatabase(deps, secretBox),
    config.kubeconfig ? undefined : startSimulatedCluster(deps),
    import('../app.ts'),
  )
  const { database } = data
  const metrics = createMetrics()
  const clusters = createClusters()
  closing.add('connections to the cluster', () => clusters.close())
  const jobs = createJobQueue({
    database,
    log,
    onRun: countRuns(metrics),
    shutdownSeconds: config.shutdownSeconds,
  })
  countQueues(metrics, jobs)
  const mailer = openMailer({ config, log, closing, shownInMailbox: mailboxIsOpen(config) })
  const clock = createClock()
  const rateLimits = await openRateLimits({ ...deps, clock, secretBox, metrics })
  const shared = { database, secretBox, jobs, clusters, metrics, mailer, rateLimits }
  const platform: Platform = { config, log, clock, ...shared }
  const { features, ...http } = createFeatures(platform)
  await steps.run('Roles', async () => {
    await registerCluster(clusterSource(config, simulated), platform)
    await startRoles({ roles: config.roles, features, jobs, closing })
  })

  // A process without the api role still tells its health and metrics.
  const served = config.roles.includes('api') ? features : []
  const readiness = createReadiness(database)
  door.serve(
    createBerthApp({ platform, features: { ...http, features: served }, readiness, shutdown: shutdown.signal }),
  )
  closing.add('open requests', () => door.close(config.shutdownSeconds))
  return {
    url: config.port === 0 ? `http://localhost:${door.port}` : config.publicUrl,
    ...(data.embedded !== undefined && { embeddedDatabase: data.embedded }),
    ...(simulated && { simulatedKubeconfig: simulated.kubeconfigFile }),
    ...(data.madePassword !== undefined && { madePassword: data.madePassword }),
  }
}

/** Nothing of what is given from outside needs a folder. */
const usesDataDirectory = ({ databaseUrl, kubeconfig, encryptionKeys }: Config): boolean =>
  databaseUrl === undefined || kubeconfig === undefined || encryptionKeys === undefined
