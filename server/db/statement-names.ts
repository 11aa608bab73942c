import { createHash } from 'node:crypto'

/**
 * Names for statements, so that PostgreSQL parses and plans each once per connection instead of at every request: for
 * the small ones that are asked all the time, that costs more than running them.
 */

/** A connection keeps them for ever. Berth has fewer of its own than this. */
const mostNames = 1_000
/** A longer one was made for its input (rows to insert, ids to find): it never comes back. */
const longestStatement = 6_000

export type StatementNames = (sql: string) => string | undefined

/** Answers the same name for the same statement, undefined for one that is to be parsed where it stands. */
export function createStatementNames(): StatementNames {
  const names = new Map<string, string>()
  return (sql) => {
    const known = names.get(sql)
    if (known !== undefined || names.size >= mostNames || sql.length > longestStatement) return known
    const name = createHash('sha256').update(sql).digest('base64url')
    names.set(sql, name)
    return name
  }
}
