import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { inject } from 'vitest'
import { openDatabase, type Database } from '../db/database.ts'
import { eventually } from './eventually.ts'
import { testLog } from './log.ts'
import { onDatabase, serverFile, type RunningServer, type TestServer } from './server-file.ts'

/** A database of a test file's own, with the whole schema and no rows. */
export type TestDatabase = {
  database: Database
  /** For a process that the test starts. */
  url: string
  /** Closes it and drops it, whoever is still connected. What is not dropped goes at the end of the run. */
  drop(): Promise<void>
}

/** Clones the run's template: some tens of milliseconds. */
export const testDatabase = (): Promise<TestDatabase> => createDatabase(({ template }) => template)

/** Without any schema: for tests of what makes it. */
export const emptyDatabase = (): Promise<TestDatabase> => createDatabase(() => 'template0')

async function createDatabase(templateOf: (server: RunningServer) => string): Promise<TestDatabase> {
  const server = await testServer()
  const name = server.template.replace('template', randomBytes(6).toString('hex'))
  await administer(server.url, `CREATE DATABASE ${name} TEMPLATE ${templateOf(server)} ENCODING 'UTF8'`)
  const url = onDatabase(server.url, name)
  const database = openDatabase({ url, log: testLog() })
  return {
    database,
    url,
    async drop() {
      await database.close()
      await administer(server.url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    },
  }
}

/** Waits for the server that the run's setup starts meanwhile. */
async function testServer(): Promise<RunningServer> {
  const file = serverFile(inject('databaseFolder'))
  const server = await eventually(async () => JSON.parse(await readFile(file, 'utf8')) as TestServer, {
    deadlineMs: 60_000,
  })
  if ('failed' in server) throw new Error(`there is no database to test with: ${server.failed}`)
  return server
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
