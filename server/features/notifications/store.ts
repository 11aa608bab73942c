import type { Database, Db, Tx } from '../../db/database.ts'
import type { Notification } from '../../db/generated/client.ts'
import type { NotificationState } from '../../db/generated/enums.ts'
import { literally } from '../../db/like.ts'

/** Every query on notifications. Times are the database's own: several processes share a claim. */

/** What the send job works with: the sealed mail, and for whom it is written. */
export type Claimed = {
  id: string
  kind: string
  recipient: string
  dataEncrypted: string
  name: string | null
  emailVerifiedAt: Date | null
  locale: string | null
  timeZone: string | null
}

type NewNotification = { id: string; userId: string | null; kind: string; recipient: string; dataEncrypted: string }

export const insertNotification = async (tx: Tx, notification: NewNotification): Promise<void> => {
  await tx.notification.create({ data: notification })
}

/**
 * Whether this transaction may write such a mail to a user whose address nobody has confirmed: of several at once, one
 * may. It waits for nobody.
 */
export async function takeTurnToStranger(
  tx: Tx,
  { userId, recipient, kind }: { userId: string; recipient: string; kind: string },
): Promise<'CONFIRMED' | 'TAKEN' | 'ANOTHERS'> {
  const turn = `mail ${kind} to ${recipient}`
  const [row] = await tx.$queryRaw<{ turn: 'CONFIRMED' | 'TAKEN' | 'ANOTHERS' }[]>`
    SELECT CASE WHEN email_verified_at IS NOT NULL THEN 'CONFIRMED'
                WHEN pg_try_advisory_xact_lock(hashtextextended(${turn}, 0)) THEN 'TAKEN'
                ELSE 'ANOTHERS' END AS turn
      FROM users WHERE id = ${userId}::uuid`
  return row?.turn ?? 'CONFIRMED'
}

/** How many mails of a kind were written to an address within a day, counted no further than `most`. */
export async function countLatest(
  tx: Tx,
  { recipient, kind, most }: { recipient: string; kind: string; most: number },
): Promise<number> {
  const [row] = await tx.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM (
      SELECT 1 FROM notifications
       WHERE recipient = ${recipient} AND kind = ${kind} AND created_at > now() - interval '1 day'
       LIMIT ${most}) latest`
  return row?.count ?? 0
}

/** Makes this run the only one that sends it, for so long; undefined where it is not waiting, or another run has it. */
export async function claim(database: Database, id: string, seconds: number): Promise<Claimed | undefined> {
  const [row] = await database.query<Claimed>(claimStatement, [id, seconds])
  return row
}
const claimStatement = `
  WITH claimed AS (
    UPDATE notifications
    SET claimed_until = now() + make_interval(secs => $2), attempts = attempts + 1
    WHERE id = $1 AND state = 'PENDING' AND (claimed_until IS NULL OR claimed_until <= now())
    RETURNING id, kind, recipient, data_encrypted, user_id
  )
  SELECT c.id, c.kind, c.recipient, c.data_encrypted AS "dataEncrypted", u.name,
    u.email_verified_at AS "emailVerifiedAt", u.locale, u.time_zone AS "timeZone"
  FROM claimed c LEFT JOIN users u ON u.id = c.user_id`

/** How a claim ends. `kept`: the sealed mail stays, because somebody may still read it or try it again. */
export type End =
  { state: 'SENT'; kept: boolean } | { state: 'FAILED'; reason: string } | { state: 'PENDING'; reason: string }

export async function endClaim(database: Database, id: string, end: End): Promise<void> {
  const reason = 'reason' in end ? end.reason : null
  await database.query(endStatement, [id, end.state, reason, end.state !== 'SENT' || end.kept])
}
const endStatement = `
  UPDATE notifications
  SET state = $2::notification_state, last_error = $3, claimed_until = now(),
    sent_at = CASE WHEN $2 = 'SENT' THEN now() END,
    data_encrypted = CASE WHEN $4 THEN data_encrypted END
  WHERE id = $1 AND state = 'PENDING'`

/** Says why it waits, where it does. */
export const noteWaiting = (db: Db, id: string, reason: string) =>
  db.notification.updateMany({ where: { id, state: 'PENDING' }, data: { lastError: reason } })

export const findNotification = (db: Db | Tx, id: string): Promise<Notification | null> =>
  db.notification.findUnique({ where: { id } })

export type NotificationFilter = {
  state?: NotificationState | undefined
  kind?: string | undefined
  userId?: string | undefined
  /** The beginning of the address. */
  recipient?: string | undefined
}
export type Page = { limit: number; after: { createdAt: Date; id: string } | undefined }

/** Newest first, after the cursor. One more than asked for tells whether there are more. */
export const listNotifications = (
  db: Db,
  { state, kind, userId, recipient }: NotificationFilter,
  { limit, after }: Page,
): Promise<Notification[]> =>
  db.notification.findMany({
    where: {
      ...(state !== undefined && { state }),
      ...(kind !== undefined && { kind }),
      ...(userId !== undefined && { userId }),
      ...(recipient !== undefined && { recipient: { startsWith: literally(recipient.toLowerCase()) } }),
      ...(after && {
        OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }],
      }),
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit + 1,
  })

/** To be sent once more, with all its attempts. False where it was sent, or there is nothing left to send. */
export async function putBack(tx: Tx, id: string): Promise<boolean> {
  const { count } = await tx.notification.updateMany({
    where: { id, state: { in: ['PENDING', 'FAILED'] }, dataEncrypted: { not: null } },
    data: { state: 'PENDING', lastError: null },
  })
  return count > 0
}

/** With whom it is written for; the newest ones that still say something. */
export const listReadable = (db: Db, { id, recipient }: { id?: string; recipient?: string }, limit: number) =>
  db.notification.findMany({
    where: {
      dataEncrypted: { not: null },
      ...(id !== undefined && { id }),
      ...(recipient !== undefined && { recipient: recipient.toLowerCase() }),
    },
    include: { user: { select: { name: true, emailVerifiedAt: true, locale: true, timeZone: true } } },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit,
  })

/** Those that wait although nothing has touched them for so long: their job was lost, or there was no mail server. */
export async function listForgotten(database: Database, minutes: number, limit: number): Promise<string[]> {
  const rows = await database.query<{ id: string }>(forgotten, [minutes, limit])
  return rows.map(({ id }) => id)
}
const forgotten = `
  SELECT id FROM notifications
  WHERE state = 'PENDING' AND created_at < now() - make_interval(mins => $1)
    AND (claimed_until IS NULL OR claimed_until < now() - make_interval(mins => $1))
  ORDER BY created_at, id
  LIMIT $2`

/** Gives up what waited too long, empties what nobody will send any more, removes what nobody will look for. */
export async function tidy(
  database: Database,
  { emptyAfterDays, removeAfterDays, reason }: { emptyAfterDays: number; removeAfterDays: number; reason: string },
): Promise<{ emptied: number; removed: number }> {
  const emptied = await database.query(empty, [emptyAfterDays, reason])
  const removed = await database.query(remove, [removeAfterDays])
  return { emptied: emptied.length, removed: removed.length }
}
const empty = `
  UPDATE notifications
  SET data_encrypted = NULL, last_error = CASE WHEN state = 'PENDING' THEN $2 ELSE last_error END,
    state = CASE WHEN state = 'PENDING' THEN 'FAILED' ELSE state END
  WHERE data_encrypted IS NOT NULL AND created_at < now() - make_interval(days => $1)
    AND (claimed_until IS NULL OR claimed_until <= now())
  RETURNING id`
const remove = `DELETE FROM notifications WHERE created_at < now() - make_interval(days => $1) RETURNING id`
