import type { Cluster } from '../../db/generated/client.ts'
import type { Database, Db } from '../../db/database.ts'
import { newId } from '../../lib/ids.ts'

export const findClusters = (db: Db): Promise<Cluster[]> => db.cluster.findMany({ orderBy: { createdAt: 'asc' } })

/**
 * Stores a cluster's identity the first time it is seen. Gives the identity that is stored: another one than was
 * seen means that these credentials lead to another cluster than the one that holds the data.
 */
export async function keepIdentity(database: Database, clusterId: string, seen: string): Promise<string> {
  const [row] = await database.query<{ uid: string }>(
    `WITH before AS (SELECT uid FROM clusters WHERE id = $1 FOR UPDATE), kept AS (
       UPDATE clusters SET uid = coalesce(uid, $2) WHERE id = $1 AND EXISTS (SELECT 1 FROM before) RETURNING id, uid
     ), audited AS (
       INSERT INTO audit_events (id, action, target_type, target_id, after, result)
       SELECT $3, 'cluster.identify', 'cluster', kept.id, jsonb_build_object('uid', kept.uid), 'SUCCEEDED'
       FROM kept, before WHERE before.uid IS NULL
     )
     SELECT uid FROM kept`,
    [clusterId, seen, newId()],
  )
  if (!row) throw new Error(`the cluster ${clusterId} has no row`)
  return row.uid
}

/** Gives whether this changed anything: false where the cluster was known to be away already. */
export async function markUnreachable(database: Database, clusterId: string): Promise<boolean> {
  const rows = await database.query(
    `UPDATE clusters SET unreachable_since = now() WHERE id = $1 AND unreachable_since IS NULL RETURNING id`,
    [clusterId],
  )
  return rows.length > 0
}

export async function markReachable(database: Database, clusterId: string): Promise<boolean> {
  const rows = await database.query<{ was_away: boolean }>(
    `UPDATE clusters SET unreachable_since = NULL, last_reached_at = now()
     FROM (SELECT unreachable_since IS NOT NULL AS was_away FROM clusters WHERE id = $1 FOR UPDATE) before
     WHERE id = $1 RETURNING was_away`,
    [clusterId],
  )
  return rows[0]?.was_away ?? false
}

/** The id that labels everything this installation owns. */
export async function findInstallationId(db: Db): Promise<string> {
  const { id } = await db.installation.findFirstOrThrow({ select: { id: true } })
  return id
}
