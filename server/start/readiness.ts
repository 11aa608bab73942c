import type { Database } from '../db/database.ts'
import type { PartReadiness, Readiness } from '../http/system-routes.ts'
import { messageOf } from '../lib/errors.ts'

const patienceMilliseconds = 2000

/**
 * What `/readyz` answers. Only what every request needs counts: a cluster that is away is told by each subscription,
 * and is no reason to take the API away as well.
 */
export function createReadiness(database: Pick<Database, 'query'>): Readiness {
  return async () => [await databaseReadiness(database)]
}

async function databaseReadiness(database: Pick<Database, 'query'>): Promise<PartReadiness> {
  const name = 'database'
  const slow = AbortSignal.timeout(patienceMilliseconds)
  const tooSlow = new Promise<never>((_, reject) =>
    slow.addEventListener('abort', () => reject(new Error(`it did not answer within ${patienceMilliseconds} ms`))),
  )
  try {
    await Promise.race([database.query('SELECT 1'), tooSlow])
    return { name, ready: true }
  } catch (error) {
    return { name, ready: false, reason: messageOf(error) }
  }
}
