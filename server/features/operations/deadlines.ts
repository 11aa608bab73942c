import type { Database, Tx } from '../../db/database.ts'

/**
 * An operation's deadline stops counting while its cluster is away: what was left is kept as a number and becomes a
 * deadline again when the cluster is back. Which of the two holds is what the cluster's row says by the time of the
 * change and not what the caller saw: a process that comes late with its news changes nothing.
 */
export const pauseDeadlines = (database: Database, clusterId: string): Promise<void> =>
  database.transaction(async (tx) => {
    await lockDeadlines(tx, clusterId)
    await tx.$executeRaw`
      UPDATE operations
      SET remaining_milliseconds = greatest(0, extract(epoch FROM deadline_at - statement_timestamp()) * 1000)::int,
          deadline_at = NULL, updated_at = now()
      FROM clusters
      WHERE clusters.id = ${clusterId}::uuid AND unreachable_since IS NOT NULL AND operations.cluster_id = clusters.id
        AND operations.state IN ('PENDING', 'RUNNING') AND deadline_at IS NOT NULL`
  })

export const resumeDeadlines = (database: Database, clusterId: string): Promise<void> =>
  database.transaction(async (tx) => {
    await lockDeadlines(tx, clusterId)
    await tx.$executeRaw`
      UPDATE operations
      SET deadline_at = statement_timestamp() + remaining_milliseconds * interval '1 millisecond',
          remaining_milliseconds = NULL, updated_at = now()
      FROM clusters
      WHERE clusters.id = ${clusterId}::uuid AND unreachable_since IS NULL AND operations.cluster_id = clusters.id
        AND operations.state IN ('PENDING', 'RUNNING') AND remaining_milliseconds IS NOT NULL`
  })

/**
 * What begins while its cluster is away has all of its time when the cluster is back. Until this transaction ends,
 * nobody pauses or resumes: what is begun on the word that the cluster is away would miss the resuming and wait for
 * ever.
 */
export async function firstDeadline(
  tx: Tx,
  { clusterId, deadlineAt }: { clusterId: string; deadlineAt: Date | null },
): Promise<{ deadlineAt: Date | null; remainingMilliseconds?: number }> {
  if (!deadlineAt) return { deadlineAt }
  await tx.$queryRaw`SELECT 1 FROM pg_advisory_xact_lock_shared(hashtextextended(${lockName(clusterId)}, 0))`
  const away = await tx.cluster.count({ where: { id: clusterId, unreachableSince: { not: null } } })
  if (away === 0) return { deadlineAt }
  return { deadlineAt: null, remainingMilliseconds: Math.max(0, deadlineAt.getTime() - Date.now()) }
}

/** Not the cluster's row: orders lock it last, and two that had both locked it to read would wait for each other. */
async function lockDeadlines(tx: Tx, clusterId: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM pg_advisory_xact_lock(hashtextextended(${lockName(clusterId)}, 0))`
}
const lockName = (clusterId: string): string => JSON.stringify(['deadlines', clusterId])
