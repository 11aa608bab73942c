import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase, type Database } from '../../db/database.ts'
import { migrate } from '../../db/migrate.ts'
import { emptyDatabase, type TestDatabase } from '../../test/database.ts'
import { testLog } from '../../test/log.ts'
import { recordAudit } from './service.ts'

/** A role as Berth's own is where an operator makes it: it owns the tables, and is no superuser. */
const log = testLog()
const role = `berth_test_role_${randomBytes(6).toString('hex')}`
let given: TestDatabase
let asBerth: Database
beforeAll(async () => {
  given = await emptyDatabase()
  const password = randomBytes(8).toString('hex')
  await given.database.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`)
  await given.database.query(`GRANT CREATE, USAGE ON SCHEMA public TO ${role}`)
  await given.database.query('CREATE EXTENSION pg_trgm')
  const url = new URL(given.url)
  url.username = role
  url.password = password
  asBerth = openDatabase({ url: url.href, log })
  await migrate(asBerth, { log })
  await asBerth.transaction((tx) => recordAudit(tx, { action: 'test.write', targetType: 'test' }))
})
afterAll(async () => {
  await asBerth.close()
  await given.database.query(`DROP OWNED BY ${role} CASCADE`)
  await given.database.query(`DROP ROLE ${role}`)
  await given.drop()
})

test.each([
  [`UPDATE audit_events SET action = 'nothing'`, 'its rows never change'],
  [`UPDATE audit_events SET result = 'FAILED' WHERE false OR action = 'test.write'`, 'its rows never change'],
  [`DELETE FROM audit_events`, 'its rows never change'],
  [`TRUNCATE audit_events CASCADE`, 'its rows never change'],
  [
    `MERGE INTO audit_events e USING (SELECT 1) x ON e.action = 'test.write' WHEN MATCHED THEN DELETE`,
    'its rows never change',
  ],
  [`SET session_replication_role = replica`, 'permission denied'],
])("as the server's own role, %s is refused", async (statement, reason) => {
  await expect(asBerth.query(statement)).rejects.toThrow(reason)
  expect(await asBerth.query(`SELECT action, result FROM audit_events`)).toEqual([
    { action: 'test.write', result: 'SUCCEEDED' },
  ])
})
