import { createHash, randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { conflict, messageOf, unavailable } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import type { Database } from './database.ts'

/** One folder of migrations/: Prisma's layout, so that `prisma migrate` and this runner read and write the same. */
type Migration = { name: string; sql: string; checksum: string }
type AppliedMigration = { name: string; checksum: string; finished: boolean }
type Options = { log: Logger; directory?: string }

const shippedMigrations = join(import.meta.dirname, 'migrations')

/** The advisory lock that Prisma's own engine takes: neither runs while the other does. */
const lockKey = 72_707_369

/**
 * Brings the database to the schema of this version and returns the names of what it applied. Each migration is one
 * transaction together with its row in `_prisma_migrations`, so a failed one leaves nothing behind. Processes that
 * start at once wait for each other, and one of them applies. With nothing to do it only reads.
 *
 * Throws a Failure: MIGRATION_FAILED, MIGRATION_CHANGED (the file is not the one that was applied), MIGRATION_UNFINISHED
 * (another tool began it and failed) or DATABASE_TOO_NEW (a later version of Berth migrated this database).
 */
export async function migrate(
  database: Database,
  { log, directory = shippedMigrations }: Options,
): Promise<readonly string[]> {
  const migrations = await readMigrations(directory)
  const client = await database.pool.connect().catch((error: unknown) => {
    throw unavailable('DATABASE_UNREACHABLE', `The database cannot be reached: ${messageOf(error)}`, { cause: error })
  })
  try {
    if (pendingOf(migrations, await appliedMigrations(client)).length === 0) return []
    await client.query('SELECT pg_advisory_lock($1)', [lockKey])
    try {
      await client.query(createTable)
      const pending = pendingOf(migrations, await appliedMigrations(client))
      for (const migration of pending) {
        await apply(client, migration)
        log.info({ migration: migration.name }, 'applied a migration')
      }
      return pending.map(({ name }) => name)
    } finally {
      await client.query('SELECT pg_advisory_unlock($1)', [lockKey])
    }
  } finally {
    client.release()
  }
}

async function readMigrations(directory: string): Promise<Migration[]> {
  const folders = (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isDirectory())
  const names = folders.map(({ name }) => name).sort()
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(directory, name, 'migration.sql'), 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

async function appliedMigrations(client: pg.PoolClient): Promise<AppliedMigration[]> {
  const table = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS exists`,
  )
  if (!table.rows[0]?.exists) return []
  const { rows } = await client.query<AppliedMigration>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished
     FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY migration_name`,
  )
  return rows
}

function pendingOf(migrations: readonly Migration[], applied: readonly AppliedMigration[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]))
  for (const { name, checksum, finished } of applied) {
    const migration = known.get(name)
    if (!finished) {
      const message = `The migration ${name} was begun by another tool and did not end: resolve it with "prisma migrate resolve", then start again.`
      throw conflict('MIGRATION_UNFINISHED', message)
    }
    if (!migration) {
      const message = `The database has the migration ${name}, which this version of Berth does not know: start the version that made it, or a later one.`
      throw conflict('DATABASE_TOO_NEW', message)
    }
    if (migration.checksum !== checksum) {
      const message = `The migration ${name} was changed after it had been applied to this database: restore its file and put the change into a new migration.`
      throw conflict('MIGRATION_CHANGED', message)
    }
  }
  const done = new Set(applied.map(({ name }) => name))
  return migrations.filter(({ name }) => !done.has(name))
}

async function apply(client: pg.PoolClient, { name, sql, checksum }: Migration): Promise<void> {
  await client.query('BEGIN')
  try {
    await client.query(sql)
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    )
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    const message = `The migration ${name} failed and changed nothing: ${messageOf(error)}`
    throw conflict('MIGRATION_FAILED', message, { cause: error })
  }
}

/** As Prisma's engine makes it. */
const createTable = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                  varchar(36)  PRIMARY KEY NOT NULL,
    checksum            varchar(64)  NOT NULL,
    finished_at         timestamptz,
    migration_name      varchar(255) NOT NULL,
    logs                text,
    rolled_back_at      timestamptz,
    started_at          timestamptz  NOT NULL DEFAULT now(),
    applied_steps_count integer      NOT NULL DEFAULT 0
  )`
