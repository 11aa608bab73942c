import type { Database } from '../server/db/database.ts'
import {
  findPage,
  sortKeyOf,
  walkStatement,
  type ListedUser,
  type Sort,
  type Statement,
  type UserFilter,
} from '../server/features/users/find-users.ts'

/** What a request of the list becomes in PostgreSQL, and how that is carried out. */

const pageSize = 25
const deepPage = 1_000

type Asked = { query: Record<string, string>; deep?: true }
type Installation = { count: number; database: Database }

/** The address to ask, and the statements that are run for it. */
export async function statementsOf(
  { query, deep }: Asked,
  { count, database }: Installation,
): Promise<{ path: string; statements: Statement[] }> {
  const sort = (query['sort'] ?? '-created') as Sort
  const last = deep && (await rowBefore(database, sort, Math.min((deepPage - 1) * pageSize, count - 2 * pageSize)))
  const after = last && { key: sortKeyOf(sort, last), id: last.id }
  const cursor = after && Buffer.from(JSON.stringify(['users', sort, after.key, after.id])).toString('base64url')
  const path = `/users?${new URLSearchParams({ ...query, ...(cursor && { cursor }) }).toString()}`
  const statements: Statement[] = []
  const note = (statement: Statement) => {
    statements.push(statement)
    return database.query<ListedUser>(statement.sql, statement.values)
  }
  await findPage(note, filterOf(query), { sort, limit: pageSize, after })
  return { path, statements }
}

function filterOf({ q, role, status, verified, hasSubscriptions, ...times }: Record<string, string>): UserFilter {
  const time = (name: string) => (times[name] === undefined ? undefined : new Date(times[name]))
  return {
    q,
    role: role as UserFilter['role'],
    status: status as UserFilter['status'],
    verified: verified === undefined ? undefined : verified === 'true',
    hasSubscriptions: hasSubscriptions === undefined ? undefined : hasSubscriptions === 'true',
    createdFrom: time('createdFrom'),
    createdTo: time('createdTo'),
    lastSeenFrom: time('lastSeenFrom'),
    lastSeenTo: time('lastSeenTo'),
  }
}

/** Counted off, as nobody in a hurry would: following a thousand cursors comes to the same row. */
async function rowBefore(database: Database, sort: Sort, position: number): Promise<ListedUser | undefined> {
  const { sql, values } = walkStatement({}, { sort, limit: position - 1 }, position)
  return (await database.query<ListedUser>(sql, values)).at(-1)
}

/** The plan in one line: its nodes from the top, with the rows that came out of each. */
export async function planOf(database: Database, sql: string, values: readonly unknown[]): Promise<string> {
  const lines = await database.query<{ 'QUERY PLAN': string }>(
    `EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF, SUMMARY ON) ${sql}`,
    values,
  )
  const text = lines.map((line) => line['QUERY PLAN'])
  const nodes = text.flatMap((line) => {
    const [, node, rows] = /^\s*(?:->)?\s*(.+?) \(actual rows=([\d.]+)/.exec(line) ?? []
    return node === undefined ? [] : [`${node}=${Math.round(Number(rows))}`]
  })
  const time = /Execution Time: (.+)/.exec(text.at(-1) ?? '')?.[1] ?? ''
  return `${nodes.join(' < ')} (${time})`
}
