import type { Database } from '../db/database.ts'

/** Whether somebody waits for a lock in this database. */
export async function isAnyoneWaiting(database: Pick<Database, 'query'>): Promise<boolean> {
  const rows = await database.query(
    `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  )
  return rows.length > 0
}
