import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { emptyDatabase, type TestDatabase } from '../test/database.ts'
import { testLog } from '../test/log.ts'
import { openDatabase, type Database } from './database.ts'
import { migrate } from './migrate.ts'

/** A database that Berth's role may use and does not own, as some hosts give it. */
const log = testLog()
let given: TestDatabase
let role: string
let limited: Database
beforeEach(async () => {
  given = await emptyDatabase()
  const password = randomBytes(8).toString('hex')
  role = `berth_test_role_${randomBytes(6).toString('hex')}`
  await given.database.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`)
  await given.database.query(`GRANT CREATE, USAGE ON SCHEMA public TO ${role}`)
  const url = new URL(given.url)
  url.username = role
  url.password = password
  limited = openDatabase({ url: url.href, log })
})
afterEach(async () => {
  await limited.close()
  await given.database.query(`DROP OWNED BY ${role} CASCADE`)
  await given.database.query(`DROP ROLE ${role}`)
  await given.drop()
})

test('a role that may not create the extension is told what to run, and nothing is left half made', async () => {
  const refused = expect.objectContaining({
    code: 'MIGRATION_FAILED',
    message: expect.stringMatching(/pg_trgm.*permission denied.*run CREATE EXTENSION pg_trgm/) as string,
  }) as Error
  await expect(migrate(limited, { log })).rejects.toEqual(refused)
  await given.database.query('CREATE EXTENSION pg_trgm')
  expect(await migrate(limited, { log })).toContain('20261125010000_users')
})

test('an extension that stands in another schema serves as well', async () => {
  await given.database.query('CREATE SCHEMA extensions')
  await given.database.query('CREATE EXTENSION pg_trgm SCHEMA extensions')
  await given.database.query(`GRANT USAGE ON SCHEMA extensions TO ${role}`)
  await migrate(limited, { log })
  const [row] = await limited.query<{ definition: string }>(
    `SELECT pg_get_indexdef('users_search_idx'::regclass) AS definition`,
  )
  expect(row?.definition).toContain('extensions.gin_trgm_ops')
  expect(await limited.query(`SELECT is_alike('postgres', 'postgers') AS alike`)).toEqual([{ alike: true }])
})
