import { openDatabase, type Database } from '../../db/database.ts'
import { createLog } from '../../lib/log.ts'
import { randomBytes } from 'node:crypto'
export async function testDatabase(): Promise<Database> {
  const root = openDatabase({ url: 'postgres://postgres@127.0.0.1:54399/postgres', log: createLog('silent') })
  const name = `x${randomBytes(6).toString('hex')}`
  await root.query(`CREATE DATABASE ${name} TEMPLATE t`)
  await root.close()
  return openDatabase({ url: `postgres://postgres@127.0.0.1:54399/${name}`, log: createLog('silent') })
}
