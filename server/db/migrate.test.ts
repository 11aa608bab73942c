import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { emptyDatabase, type TestDatabase } from '../test/database.ts'
import { testLog } from '../test/log.ts'
import { openDatabase } from './database.ts'
import { migrate } from './migrate.ts'

const log = testLog()
const shipped = join(import.meta.dirname, 'migrations')
const root = join(import.meta.dirname, '..', '..')

let empty: TestDatabase
let directory: string
beforeEach(async () => {
  empty = await emptyDatabase()
  directory = await mkdtemp(join(tmpdir(), 'berth-migrations-'))
  await cp(shipped, directory, { recursive: true })
})
afterEach(async () => {
  await empty.drop()
  await rm(directory, { recursive: true, force: true })
})

const addMigration = async (name: string, sql: string) => {
  await mkdir(join(directory, name))
  await writeFile(join(directory, name, 'migration.sql'), sql)
}

/** As `npm run db -- migrate …`, on this database. */
const prisma = (...words: string[]) =>
  promisify(execFile)(join(root, 'node_modules/.bin/prisma'), ['migrate', ...words], {
    cwd: root,
    env: {
      ...process.env,
      DATABASE_URL: empty.url,
      PRISMA_SCHEMA_ENGINE_BINARY: join(import.meta.dirname, 'schema-engine.ts'),
      PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
    },
  }).then(
    ({ stdout }) => ({ code: 0, said: stdout }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      said: error.stdout + error.stderr,
    }),
  )
/** Each of its commands is a program of some seconds on a busy machine. */
const patience = 240_000

test('servers that start at once apply each migration once', async () => {
  const servers = [1, 2, 3].map(() => openDatabase({ url: empty.url, log }))
  const applied = await Promise.all(servers.map((database) => migrate(database, { log })))
  await Promise.all(servers.map((database) => database.close()))
  expect(applied.filter((names) => names.length > 0)).toHaveLength(1)
  expect(await migrate(empty.database, { log })).toEqual([])
})

test('prisma agrees with what was applied at start: nothing to do, no drift', { timeout: patience }, async () => {
  expect((await prisma('status')).said).toContain('not yet been applied')
  await migrate(empty.database, { log })
  expect(await prisma('status')).toMatchObject({ code: 0, said: expect.stringContaining('up to date') as string })
  const drift = ['--from-config-datasource', '--to-schema', 'server/db/schema.prisma', '--exit-code']
  expect(await prisma('diff', ...drift)).toMatchObject({ code: 0 })
})

test('what prisma deployed is not applied again at start', { timeout: patience }, async () => {
  expect(await prisma('deploy')).toMatchObject({ code: 0 })
  expect(await migrate(empty.database, { log })).toEqual([])
})

test('a migration that fails changes nothing, is named, and is applied once it is mended', async () => {
  const name = '29990101000000_broken'
  await addMigration(name, `CREATE TABLE half (id int); SELECT no_such_function();`)
  const failing = migrate(empty.database, { log, directory })
  await expect(failing).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    message: expect.stringContaining(name) as string,
  })
  const [half] = await empty.database.query<{ there: boolean }>(`SELECT to_regclass('half') IS NOT NULL AS there`)
  expect(half).toEqual({ there: false })
  await writeFile(join(directory, name, 'migration.sql'), `CREATE TABLE whole (id int)`)
  expect(await migrate(empty.database, { log, directory })).toEqual([name])
})

test('an applied migration whose file was changed, and a database of a later version, are refused', async () => {
  await addMigration('29990101000000_later', `CREATE TABLE later (id int)`)
  await migrate(empty.database, { log, directory })
  await writeFile(join(directory, '29990101000000_later', 'migration.sql'), `CREATE TABLE otherwise (id int)`)
  await expect(migrate(empty.database, { log, directory })).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' })
  await expect(migrate(empty.database, { log })).rejects.toMatchObject({ code: 'DATABASE_TOO_NEW' })
})

test('a migration that another tool began and did not end stops the start', async () => {
  await migrate(empty.database, { log })
  await empty.database.query(`UPDATE _prisma_migrations SET finished_at = NULL`)
  await expect(migrate(empty.database, { log })).rejects.toMatchObject({ code: 'MIGRATION_UNFINISHED' })
})
