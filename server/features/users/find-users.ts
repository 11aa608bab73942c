import type { User } from '../../db/generated/client.ts'
import { literally } from '../../db/like.ts'

/**
 * The list of users, quick among a million whatever is asked for. There are two ways to a page, and each is slow where
 * the other is quick:
 *
 * - Walk the users in the order of the list and keep those that fit. Quick where many fit.
 * - Gather all that fit by their indexes, and sort them. Quick where few do.
 *
 * How many fit is not known before (and PostgreSQL's guess, for parts of names, is often far off). So the page is
 * walked for, but not far. What a short walk finds tells how many fit: some, and a longer one fills the page; next to
 * none, and so few fit that they are gathered. Where it is a few in a thousand, both ways look at some thousand users.
 */

const orders = {
  created: { key: 'u.created_at', type: 'timestamptz', unique: false },
  name: { key: 'lower(u.name)', type: 'text', unique: false },
  email: { key: 'lower(u.email)', type: 'text', unique: true },
  lastSeen: { key: `coalesce(u.last_seen_at, '-infinity'::timestamptz)`, type: 'timestamptz', unique: false },
} as const
type Order = keyof typeof orders
export const sorts = ['created', '-created', 'name', '-name', 'email', '-email', 'lastSeen', '-lastSeen'] as const
export type Sort = (typeof sorts)[number]

export type UserFilter = {
  q?: string | undefined
  role?: User['role'] | undefined
  status?: User['status'] | 'DELETED' | undefined
  verified?: boolean | undefined
  hasSubscriptions?: boolean | undefined
  createdFrom?: Date | undefined
  createdTo?: Date | undefined
  lastSeenFrom?: Date | undefined
  lastSeenTo?: Date | undefined
}
/** `after` is the key of the page before's last row, as `sortKeyOf` gives it, with its id. */
export type UserPage = { sort: Sort; limit: number; after?: { key: string; id: string } | undefined }

export type ListedUser = Omit<User, 'passwordHash'> & { sortName: string }

/** How many users a walk looks at. Where a short one found a few, a long one will fill a page. */
const shortWalk = 1_000
const longWalk = 20_000
const aFew = 2

export type Statement = { sql: string; values: unknown[] }

export function orderOf(sort: Sort): { order: Order; descending: boolean } {
  const descending = sort.startsWith('-')
  return { order: (descending ? sort.slice(1) : sort) as Order, descending }
}

/** What a cursor holds of a row: the text of what it is sorted by. */
export function sortKeyOf(
  sort: Sort,
  user: Pick<ListedUser, 'createdAt' | 'lastSeenAt' | 'email' | 'sortName'>,
): string {
  switch (orderOf(sort).order) {
    case 'created':
      return user.createdAt.toISOString()
    case 'lastSeen':
      return user.lastSeenAt?.toISOString() ?? '-infinity'
    case 'email':
      return user.email.toLowerCase()
    case 'name':
      return user.sortName
  }
}

/** Conditions with their values, numbered as they come. */
function createConditions() {
  const values: unknown[] = []
  const bind = (value: unknown, type: string) => `$${values.push(value)}::${type}`
  return { values, bind }
}
type Bind = ReturnType<typeof createConditions>['bind']

/** Shorter ones have no trigram of their own: they are looked for where a word begins, which has. */
const shortestPart = 3
const patternOf = (word: string) => ([...word].length < shortestPart ? `% ${literally(word)}%` : `%${literally(word)}%`)

const subscribed = `EXISTS (
  SELECT 1 FROM memberships m JOIN subscriptions s ON s.organization_id = m.organization_id
  WHERE m.user_id = u.id AND m.role = 'OWNER' AND s.entitlement <> 'TERMINATED')`

function conditionsOf(filter: UserFilter, bind: Bind): string[] {
  const { q, role, status, verified, hasSubscriptions } = filter
  const words = q?.split(/\s+/).filter((word) => word !== '') ?? []
  return [
    status === 'DELETED' ? 'u.deleted_at IS NOT NULL' : 'u.deleted_at IS NULL',
    ...words.map((word) => `u.search LIKE lower(${bind(patternOf(word), 'text')})`),
    ...(role === undefined ? [] : [`u.role = ${bind(role, 'user_role')}`]),
    ...(status === undefined || status === 'DELETED' ? [] : [`u.status = ${bind(status, 'user_status')}`]),
    ...(verified === undefined ? [] : [`(u.email_verified_at IS NOT NULL) = ${bind(verified, 'boolean')}`]),
    ...(hasSubscriptions === undefined ? [] : [hasSubscriptions ? subscribed : `NOT ${subscribed}`]),
  ]
}

/** The ranges, apart: one over what the list is sorted by bounds the walk itself. */
function rangesOf(filter: UserFilter, bind: Bind): { order: Order; condition: string }[] {
  const bound = (order: Order, operator: '>=' | '<', value: Date | undefined) =>
    value ? [{ order, condition: `${orders[order].key} ${operator} ${bind(value, 'timestamptz')}` }] : []
  return [
    ...bound('created', '>=', filter.createdFrom),
    ...bound('created', '<', filter.createdTo),
    ...bound('lastSeen', '>=', filter.lastSeenFrom),
    ...bound('lastSeen', '<', filter.lastSeenTo),
  ]
}

const columns = `u.id, u.email, u.name, u.company, u.phone, u.locale, u.time_zone AS "timeZone", u.role, u.status,
  u.email_verified_at AS "emailVerifiedAt", u.last_seen_at AS "lastSeenAt", u.invited_at AS "invitedAt",
  u.deactivated_at AS "deactivatedAt", u.deactivated_by AS "deactivatedBy", u.deleted_at AS "deletedAt", u.version,
  u.created_at AS "createdAt", u.updated_at AS "updatedAt", lower(u.name) AS "sortName"`

/** One page and, where more follow, one row more: `run` is asked for no more than three statements. */
export async function findPage(
  run: (statement: Statement) => Promise<ListedUser[]>,
  filter: UserFilter,
  page: UserPage,
): Promise<ListedUser[]> {
  // Nobody has many administrators.
  if (filter.role === 'ADMINISTRATOR') return run(gatherStatement(filter, page))
  const found = await run(walkStatement(filter, page, shortWalk))
  if (found.length > page.limit) return found
  if (found.length >= aFew) {
    const more = await run(walkStatement(filter, page, longWalk))
    if (more.length > page.limit) return more
  }
  return run(gatherStatement(filter, page))
}

function partsOf(filter: UserFilter, { sort, limit, after }: UserPage) {
  const { values, bind } = createConditions()
  const { order, descending } = orderOf(sort)
  const { key, type, unique } = orders[order]
  const direction = descending ? 'DESC' : 'ASC'
  const sorted = (by: string) => (unique ? `${by} ${direction}` : `${by} ${direction}, u.id ${direction}`)
  const beyond = descending ? '<' : '>'
  const keyset = after
    ? unique
      ? [`${key} ${beyond} ${bind(after.key, type)}`]
      : [`(${key}, u.id) ${beyond} (${bind(after.key, type)}, ${bind(after.id, 'uuid')})`]
    : []
  const ranges = rangesOf(filter, bind)
  const inOrder = ranges.filter((range) => range.order === order).map(({ condition }) => condition)
  const others = ranges.filter((range) => range.order !== order).map(({ condition }) => condition)
  return {
    values,
    key,
    sorted,
    within: [...keyset, ...inOrder],
    conditions: [...conditionsOf(filter, bind), ...others],
    rows: bind(limit + 1, 'integer'),
  }
}

const where = (conditions: readonly string[]) => (conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '')

export function walkStatement(filter: UserFilter, page: UserPage, walked: number): Statement {
  const { values, key, sorted, within, conditions, rows } = partsOf(filter, page)
  const sql = `
    SELECT ${columns} FROM (
      SELECT u.*, ${key} AS sort_key FROM users u ${where(within)} ORDER BY ${sorted(key)} LIMIT ${walked}
    ) u ${where(conditions)} ORDER BY ${sorted('u.sort_key')} LIMIT ${rows}`
  return { sql, values }
}

/** OFFSET 0 keeps the order out of PostgreSQL's choice of an index: it would walk where it guesses that many fit. */
export function gatherStatement(filter: UserFilter, page: UserPage): Statement {
  const { values, key, sorted, within, conditions, rows } = partsOf(filter, page)
  const sql = `
    SELECT ${columns} FROM (
      SELECT u.id, u.sort_key FROM (
        SELECT u.id, ${key} AS sort_key FROM users u ${where([...within, ...conditions])} OFFSET 0
      ) u ORDER BY ${sorted('u.sort_key')} LIMIT ${rows}
    ) page JOIN users u ON u.id = page.id ORDER BY ${sorted('page.sort_key')}`
  return { sql, values }
}
