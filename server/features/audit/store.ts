import type { Database } from '../../db/database.ts'
import {
  actionsSql,
  countStatement,
  ownStatement,
  searchStatement,
  type AuditFilter,
  type AuditPage,
  type FoundEvent,
  type Statement,
} from './find-events.ts'

type Queries = Pick<Database, 'query' | 'search'>

const run = (database: Queries, { sql, values }: Statement): Promise<FoundEvent[]> =>
  database.search<FoundEvent>(sql, values)

/** One more than asked for tells whether there are more. */
export const searchEvents = (database: Queries, filter: AuditFilter, page: AuditPage): Promise<FoundEvent[]> =>
  run(database, searchStatement(filter, page))

export const listOwnEvents = (
  database: Queries,
  who: Parameters<typeof ownStatement>[0],
  filter: AuditFilter,
  page: AuditPage,
): Promise<FoundEvent[]> => run(database, ownStatement(who, filter, page))

export async function findEvent(database: Queries, id: string): Promise<FoundEvent | undefined> {
  const [row] = await searchEvents(database, { id }, { limit: 1, after: undefined })
  return row
}

export async function knownActions(database: Queries): Promise<string[]> {
  return (await database.query<{ action: string }>(actionsSql)).map(({ action }) => action)
}

/** Counted no further than `atMost`. */
export async function countEvents(database: Queries, filter: AuditFilter, atMost: number): Promise<number> {
  const { sql, values } = countStatement(filter, atMost)
  const [row] = await database.search<{ count: number }>(sql, values)
  return row?.count ?? 0
}
