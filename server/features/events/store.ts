import type { Database } from '../../db/database.ts'

/**
 * The order of events is (transaction, id): sequence numbers commit out of order, transaction ids below the oldest one
 * that still runs do not. What is read below that line is complete for ever.
 */
export type EventRow = {
  transactionId: string
  id: string
  type: string
  organizationId: string | null
  userId: string | null
  data: unknown
}
export type EventPosition = { transactionId: string; id: string }

const columns = `id, transaction_id::text AS "transactionId", type, organization_id AS "organizationId", user_id AS "userId", data`
const settled = `transaction_id < pg_snapshot_xmin(pg_current_snapshot())`

/** What came after a position, in order, of everybody. */
export const readAfter = (
  database: Database,
  { transactionId, id }: EventPosition,
  limit: number,
): Promise<EventRow[]> =>
  database.query<EventRow>(
    `SELECT ${columns} FROM events
     WHERE ${settled} AND (transaction_id, id) > ($1::xid8, $2::uuid)
     ORDER BY transaction_id, id LIMIT $3`,
    [transactionId, id, limit],
  )

/** The same, of some organizations: what a stream catches up with when it begins. */
export const readOwnAfter = (
  database: Database,
  { transactionId, id }: EventPosition,
  organizationIds: readonly string[],
  limit: number,
): Promise<EventRow[]> =>
  database.query<EventRow>(
    `SELECT ${columns} FROM events
     WHERE ${settled} AND organization_id = ANY($3::uuid[]) AND (transaction_id, id) > ($1::xid8, $2::uuid)
     ORDER BY transaction_id, id LIMIT $4`,
    [transactionId, id, organizationIds, limit],
  )

/** The position of now: everything below it is settled. */
export async function currentPosition(database: Database): Promise<EventPosition> {
  const [row] = await database.query<{ xmin: string }>(`SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin`)
  return { transactionId: row?.xmin ?? '0', id: '00000000-0000-0000-0000-000000000000' }
}

/** Whether the event of this position is still kept: without it nobody knows what was missed. */
export async function isKept(database: Database, { transactionId, id }: EventPosition): Promise<boolean> {
  const rows = await database.query(`SELECT 1 FROM events WHERE id = $1::uuid AND transaction_id = $2::xid8`, [
    id,
    transactionId,
  ])
  return rows.length > 0
}

/** Removes what is older than it is kept. Gives how many. */
export async function removeOldEvents(database: Database, keptDays: number): Promise<number> {
  const rows = await database.query(
    `DELETE FROM events WHERE created_at < now() - $1 * interval '1 day' RETURNING id`,
    [keptDays],
  )
  return rows.length
}
