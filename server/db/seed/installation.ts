import type { Logger } from '../../lib/log.ts'
import type { Database } from '../database.ts'
import { writeAdministrator, type FirstAdministrator } from './administrator.ts'
import { writeCatalog } from './catalog.ts'

type Options = {
  admin: FirstAdministrator
  /** Argon2id: what the login verifies. */
  hashPassword: (password: string) => Promise<string>
  log: Logger
}

/** What a database needs before it serves anybody. Run at every start; from the second one on it changes nothing. */
export async function seedInstallation(
  database: Database,
  { admin, hashPassword, log }: Options,
): Promise<{ madePassword?: string }> {
  const [madePassword] = await Promise.all([
    writeAdministrator(database, admin, hashPassword),
    writeCatalog(database, log),
  ])
  return madePassword === undefined ? {} : { madePassword }
}
