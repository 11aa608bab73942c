import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase, type Database } from '../db/database.ts'
import { migrate } from '../db/migrate.ts'
import { seedInstallation } from '../db/seed/installation.ts'
import { hashPassword } from '../features/auth/passwords.ts'
import type { SecretBox } from '../lib/secret-box.ts'
import { openInstallation } from './installation.ts'
import type { StartDeps } from './start.ts'

/** `embedded` is a command that connects to it. */
type Opened = { database: Database; embedded?: string; madePassword?: string }

/** Opens the database that the settings name, else the embedded one, and brings it to what this version needs. */
export async function startDatabase(deps: StartDeps, secretBox: SecretBox): Promise<Opened> {
  const { config, log, steps, closing } = deps
  const embedded = config.databaseUrl === undefined ? await startEmbedded(deps) : undefined
  const url = config.databaseUrl ?? embedded
  if (url === undefined) throw new Error('there is neither a database nor an embedded one')
  const database = openDatabase({ url, maxConnections: config.databaseConnections, log })
  closing.add('connections to the database', () => database.close())
  const seeded = await steps.run('Schema and catalog', async () => {
    await migrate(database, { log })
    await openInstallation(database, secretBox)
    return seedInstallation(database, { admin: config.admin, hashPassword, log })
  })
  return {
    database,
    ...seeded,
    ...(embedded !== undefined && { embedded: connectCommand(embedded, config.dataDirectory) }),
  }
}

/** The program that runs PostgreSQL is loaded only where it is needed. */
async function startEmbedded({ config, log, steps, closing }: StartDeps): Promise<string> {
  const { startEmbeddedPostgres } = await import('../db/embedded-postgres.ts')
  const postgres = await steps.run(
    'PostgreSQL',
    () => startEmbeddedPostgres({ directory: join(config.dataDirectory, 'postgres'), log }),
    ({ adopted }) => (adopted ? 'embedded, still running from before' : 'embedded'),
  )
  postgres.keepRunning()
  closing.add('embedded PostgreSQL', () => postgres.stop())
  return postgres.url
}

/** The password stands in a file that PostgreSQL's own programs read, and so in no terminal's history. */
function connectCommand(url: string, dataDirectory: string): string {
  const address = new URL(url)
  const { hostname, port, username, password } = address
  const file = join(dataDirectory, 'pgpass')
  writeFileSync(file, `${hostname}:${port}:*:${username}:${password}\n`, { mode: 0o600 })
  address.password = ''
  return `PGPASSFILE=${file} psql ${address.href}`
}
