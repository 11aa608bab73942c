import type { AuditEvent } from '../../db/generated/client.ts'

/** The trail's queries: newest first, each along an index that begins where the page does. */

export type AuditFilter = {
  id?: string | undefined
  actorId?: string | undefined
  organizationId?: string | undefined
  targetType?: string | undefined
  targetId?: string | undefined
  requestId?: string | undefined
  result?: AuditEvent['result'] | undefined
  from?: Date | undefined
  to?: Date | undefined
  /** All of these and no others: what a prefix or a part of an action came to. */
  actions?: readonly string[] | undefined
}
export type AuditPage = { limit: number; after: { createdAt: Date; id: string } | undefined }
export type FoundEvent = Omit<AuditEvent, 'before' | 'after'> & {
  before: unknown
  after: unknown
  actorName: string | null
}
export type Statement = { sql: string; values: unknown[] }

/** What is said of a person stands beside the event until they are deleted: here the two are one again. */
const merged = (column: 'before' | 'after', shown: string) =>
  `CASE WHEN e.${column} IS NULL AND (p.${column} IS NULL OR NOT ${shown}) THEN NULL
     ELSE coalesce(e.${column}, '{}') || CASE WHEN ${shown} THEN coalesce(p.${column}, '{}') ELSE '{}' END END AS ${column}`

const select = (personal: string) => `
  SELECT e.id, e.actor_id AS "actorId", a.name AS "actorName", e.organization_id AS "organizationId", e.action,
    e.target_type AS "targetType", e.target_id AS "targetId", e.ip_address AS "ipAddress", e.user_agent AS "userAgent",
    e.request_id AS "requestId", e.result, e.created_at AS "createdAt",
    ${merged('before', personal)}, ${merged('after', personal)}`

const besides = `
  LEFT JOIN audit_personal_values p ON p.audit_event_id = e.id
  LEFT JOIN users a ON a.id = e.actor_id`

function createConditions() {
  const values: unknown[] = []
  const bind = (value: unknown, type: string) => `$${values.push(value)}::${type}`
  return { values, bind }
}
type Bind = ReturnType<typeof createConditions>['bind']

function conditionsOf(filter: AuditFilter, after: AuditPage['after'], bind: Bind): string[] {
  const equal = (column: string, value: string | undefined, type: string) =>
    value === undefined ? [] : [`e.${column} = ${bind(value, type)}`]
  return [
    ...equal('id', filter.id, 'uuid'),
    ...equal('actor_id', filter.actorId, 'uuid'),
    ...equal('organization_id', filter.organizationId, 'uuid'),
    ...equal('target_type', filter.targetType, 'text'),
    ...equal('target_id', filter.targetId, 'uuid'),
    ...equal('request_id', filter.requestId, 'text'),
    ...equal('result', filter.result, 'audit_result'),
    ...(filter.actions ? [`e.action = ANY(${bind(filter.actions, 'text[]')})`] : []),
    ...(filter.from ? [`e.created_at >= ${bind(filter.from, 'timestamptz')}`] : []),
    ...(filter.to ? [`e.created_at < ${bind(filter.to, 'timestamptz')}`] : []),
    ...(after ? [`(e.created_at, e.id) < (${bind(after.createdAt, 'timestamptz')}, ${bind(after.id, 'uuid')})`] : []),
  ]
}

const newestFirst = 'ORDER BY created_at DESC, id DESC'
const where = (conditions: readonly string[]) => (conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '')

/** Of everybody: for administrators. */
export function searchStatement(filter: AuditFilter, { limit, after }: AuditPage): Statement {
  const { values, bind } = createConditions()
  const conditions = conditionsOf(filter, after, bind)
  const sql = `${select('true')}
    FROM (SELECT * FROM audit_events e ${where(conditions)} ${newestFirst} LIMIT ${bind(limit + 1, 'integer')}) e ${besides}
    ORDER BY e.created_at DESC, e.id DESC`
  return { sql, values }
}

export function countStatement(filter: AuditFilter, atMost: number): Statement {
  const { values, bind } = createConditions()
  const conditions = conditionsOf(filter, undefined, bind)
  const counted = `SELECT 1 FROM audit_events e ${where(conditions)} LIMIT ${bind(atMost, 'integer')}`
  return { sql: `SELECT count(*)::int AS count FROM (${counted}) counted`, values }
}

/**
 * Of one user: what they did, what was done to them, and what was done to their organizations. Each of the three is
 * read along its own index, and they are one list afterwards.
 */
export function ownStatement(
  { userId, organizationIds }: { userId: string; organizationIds: readonly string[] },
  filter: AuditFilter,
  { limit, after }: AuditPage,
): Statement {
  const { values, bind } = createConditions()
  const conditions = conditionsOf(filter, after, bind)
  const user = bind(userId, 'uuid')
  const rows = bind(limit + 1, 'integer')
  const along = (condition: string) =>
    `(SELECT * FROM audit_events e ${where([condition, ...conditions])} ${newestFirst} LIMIT ${rows})`
  const sources = [
    along(`e.actor_id = ${user}`),
    along(`e.target_type = 'user' AND e.target_id = ${user}`),
    ...organizationIds.map((id) => along(`e.organization_id = ${bind(id, 'uuid')}`)),
  ]
  const sql = `${select(`p.user_id = ${user}`)}
    FROM (SELECT * FROM (${sources.join(' UNION ')}) e ${newestFirst} LIMIT ${rows}) e ${besides}
    ORDER BY e.created_at DESC, e.id DESC`
  return { sql, values }
}

/** The different actions that there are, each by one look into the index: their number is small, that of rows is not. */
export const actionsSql = `
  WITH RECURSIVE known AS (
    (SELECT action FROM audit_events ORDER BY action LIMIT 1)
    UNION ALL
    SELECT (SELECT action FROM audit_events e WHERE e.action > known.action ORDER BY action LIMIT 1)
    FROM known WHERE known.action IS NOT NULL
  )
  SELECT action FROM known WHERE action IS NOT NULL`
