import type { Database } from '../../db/database.ts'

/**
 * An operation's deadline stops counting while its cluster is away: what was left is kept as a number and becomes a
 * deadline again when the cluster is back. Both statements may run twice and change nothing twice.
 */
export async function pauseDeadlines(database: Database, clusterId: string): Promise<void> {
  await database.query(
    `UPDATE operations
     SET remaining_milliseconds = greatest(0, extract(epoch FROM deadline_at - now()) * 1000)::int, deadline_at = NULL, updated_at = now()
     WHERE cluster_id = $1 AND state IN ('PENDING', 'RUNNING') AND deadline_at IS NOT NULL`,
    [clusterId],
  )
}

export async function resumeDeadlines(database: Database, clusterId: string): Promise<void> {
  await database.query(
    `UPDATE operations
     SET deadline_at = now() + remaining_milliseconds * interval '1 millisecond', remaining_milliseconds = NULL, updated_at = now()
     WHERE cluster_id = $1 AND state IN ('PENDING', 'RUNNING') AND remaining_milliseconds IS NOT NULL`,
    [clusterId],
  )
}
