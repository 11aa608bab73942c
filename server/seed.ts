import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from './config/read-config.ts'
import type { Config } from './config/types.ts'
import { openDatabase, type Database } from './db/database.ts'
import { createJobQueue } from './jobs/queue.ts'
import { createClock } from './lib/clock.ts'
import { conflict, isFailure, messageOf } from './lib/errors.ts'
import { createLog, type Logger } from './lib/log.ts'
import { createSecretBox } from './lib/secret-box.ts'
import { writeDemo } from './seed/demo.ts'
import { createClosing, type Closing } from './start/closing.ts'
import { openDataDirectory } from './start/data-directory.ts'
import { keysBeside } from './start/encryption-keys.ts'
import { openInstallation } from './start/installation.ts'

/** `npm run seed -- --demo`: people and subscriptions to look at, in the installation that the settings name. */
const usage = 'npm run seed -- --demo adds users and subscriptions to look at; everything else is seeded at start.'

await run()

async function run(): Promise<void> {
  const log = createLog('warn', process.stderr)
  const closing = createClosing(log)
  try {
    const { values } = parseArgs({ options: { demo: { type: 'boolean', default: false } } })
    process.stdout.write(`${values.demo ? await addDemo(readConfig(), log, closing) : usage}\n`)
  } catch (error) {
    process.exitCode = 1
    if (isFailure(error) || error instanceof TypeError) process.stderr.write(`${messageOf(error)}\n`)
    else log.fatal({ err: error }, messageOf(error))
  } finally {
    await closing.closeAll()
  }
}

async function addDemo(config: Config, log: Logger, closing: Closing): Promise<string> {
  const url = config.databaseUrl ?? (await embeddedUrl(config, log, closing))
  const database = openDatabase({ url, maxConnections: 3, log })
  closing.add('connections to the database', () => database.close())
  await expectInstallation(database)
  const secretBox = createSecretBox(config.encryptionKeys ?? keysBeside(config.dataDirectory))
  await openInstallation(database, secretBox)
  const jobs = createJobQueue({ database, log })
  closing.add('jobs', () => jobs.stop())
  await jobs.prepare([])
  const { password, emails } = await writeDemo({ database, jobs, secretBox, clock: createClock() })
  return `Added, all with the password ${password}:\n${emails.map((email) => `  ${email}`).join('\n')}`
}

/** That of the server that runs; else its database is started for as long as this takes, and nobody else may start it. */
async function embeddedUrl({ dataDirectory }: Config, log: Logger, closing: Closing): Promise<string> {
  const { startEmbeddedPostgres } = await import('./db/embedded-postgres.ts')
  const directory = takeUnlessInUse(dataDirectory)
  if (directory) closing.add('data directory', () => directory.release())
  const postgres = await startEmbeddedPostgres({ directory: join(dataDirectory, 'postgres'), log })
  if (directory) closing.add('embedded PostgreSQL', () => postgres.stop())
  return postgres.url
}

function takeUnlessInUse(path: string): ReturnType<typeof openDataDirectory> | undefined {
  try {
    return openDataDirectory(path)
  } catch (error) {
    if (isFailure(error) && error.code === 'DATA_DIRECTORY_IN_USE') return undefined
    throw error
  }
}

/** Orders need the catalog, a cluster and its workers, and all of them come with the first start of the server. */
async function expectInstallation(database: Database): Promise<void> {
  const [schema] = await database.query<{ there: boolean }>(`SELECT to_regclass('workers') IS NOT NULL AS there`)
  if (schema?.there && (await database.prisma.worker.count()) > 0) return
  throw conflict('NOT_STARTED_YET', 'This installation has no workers yet: start the server once, with npm start.')
}
