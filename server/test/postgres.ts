import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { openDatabase, type Database } from '../db/database.ts'
import { startEmbeddedPostgres } from '../db/embedded-postgres.ts'
import { migrate } from '../db/migrate.ts'
import { messageOf } from '../lib/errors.ts'
import { createLog } from '../lib/log.ts'
import { assertNoSecretLogged, openLogWatch } from './log-watch.ts'
import { onDatabase, serverFile, type TestServer } from './server-file.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder in which a file says where the run's PostgreSQL is, once it is there. */
    databaseFolder: string
  }
}

const prefix = 'berth-test-'
const log = createLog('error', process.stderr)

/**
 * vitest's globalSetup: one PostgreSQL for the whole run with a migrated template in it, and at the end a look through
 * everything that was logged. Nobody waits for it here, so
 * that tests without a database do not either. BERTH_TEST_DATABASE_URL names another server to use, as a role that may
 * create databases; those of this run are dropped at the end.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await sweep()
  const folder = join(tmpdir(), `${prefix}${process.pid}`)
  mkdirSync(folder)
  // Under root the embedded server runs as a user of its own, which must pass through.
  await chmod(folder, 0o711)
  openLogWatch(folder)
  project.provide('databaseFolder', folder)
  const starting = start(folder).catch((error: unknown) => {
    tell(folder, { failed: messageOf(error) })
    return undefined
  })
  return async () => {
    await (await starting)?.stop()
    try {
      assertNoSecretLogged(folder)
    } catch (error) {
      // What a teardown throws is printed and the run passes all the same, unless its last word is another.
      process.once('exit', () => (process.exitCode = 1))
      throw error
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

async function start(folder: string): Promise<{ stop(): Promise<void> }> {
  const given = process.env['BERTH_TEST_DATABASE_URL']
  const embedded =
    given === undefined ? await startEmbeddedPostgres({ directory: join(folder, 'postgres'), log }) : undefined
  const url = given ?? embedded?.url ?? ''
  const database = openDatabase({ url, log })
  if (embedded) await forgetDurability(database)
  const template = `berth_test_${process.pid}_template`
  await database.query(`CREATE DATABASE ${template} TEMPLATE template0 ENCODING 'UTF8'`)
  await migrateTemplate(onDatabase(url, template))
  tell(folder, { url, template })
  return {
    async stop() {
      if (!embedded) await dropAll(database)
      await database.close()
      await embedded?.stop()
    },
  }
}

/** What is thrown away in a minute need not survive a power cut. */
async function forgetDurability(database: Database): Promise<void> {
  await database.query(`ALTER SYSTEM SET fsync = off`)
  await database.query(`SELECT pg_reload_conf()`)
}

async function migrateTemplate(url: string): Promise<void> {
  const database = openDatabase({ url, log })
  await migrate(database, { log })
  await database.close()
}

async function dropAll(database: Database): Promise<void> {
  const names = await database.query<{ datname: string }>(
    `SELECT datname FROM pg_database WHERE starts_with(datname, $1)`,
    [`berth_test_${process.pid}_`],
  )
  for (const { datname } of names) await database.query(`DROP DATABASE "${datname}" WITH (FORCE)`)
}

/** The file appears complete or not at all. */
function tell(folder: string, server: TestServer): void {
  const file = serverFile(folder)
  writeFileSync(`${file}.new`, JSON.stringify(server))
  renameSync(`${file}.new`, file)
}

/** A run that was killed leaves its server behind: the next one ends it, by adopting it, and deletes its folder. */
async function sweep(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix))) {
    if (isRunning(Number(name.slice(prefix.length)))) continue
    const folder = join(tmpdir(), name)
    const directory = join(folder, 'postgres')
    if (existsSync(join(directory, 'data', 'postmaster.pid'))) {
      await startEmbeddedPostgres({ directory, log }).then(
        (left) => left.stop(),
        (error: unknown) => log.warn(`cannot end the server in ${directory}: ${messageOf(error)}`),
      )
    }
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Folders of another form, and those of another user's processes, are left alone. */
function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid)) return true
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
