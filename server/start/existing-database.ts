import { join } from 'node:path'
import type { Config } from '../config/types.ts'
import { openDatabase, type Database } from '../db/database.ts'
import { conflict, isFailure } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import type { Closing } from './closing.ts'
import { openDataDirectory } from './data-directory.ts'

/** The database of an installation, for a command beside the server: whether that runs at the moment or not. */
export async function openExistingDatabase(config: Config, log: Logger, closing: Closing): Promise<Database> {
  const url = config.databaseUrl ?? (await embeddedUrl(config, log, closing))
  const database = openDatabase({ url, maxConnections: 3, log })
  closing.add('connections to the database', () => database.close())
  await expectInstallation(database)
  return database
}

/** That of the server that runs; else its database is started for as long as this takes, and nobody else may start it. */
async function embeddedUrl({ dataDirectory }: Config, log: Logger, closing: Closing): Promise<string> {
  const { startEmbeddedPostgres } = await import('../db/embedded-postgres.ts')
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

/** The catalog, a cluster and its workers come with the first start of the server. */
async function expectInstallation(database: Database): Promise<void> {
  const [schema] = await database.query<{ there: boolean }>(`SELECT to_regclass('workers') IS NOT NULL AS there`)
  if (schema?.there && (await database.prisma.worker.count()) > 0) return
  throw conflict('NOT_STARTED_YET', 'This installation has no workers yet: start the server once, with npm start.')
}
