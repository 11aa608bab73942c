import type { Database } from '../../db/database.ts'
import type { User } from '../../db/generated/client.ts'
import { invalid } from '../../lib/errors.ts'

/** Numbers for a dashboard, from counts that the database keeps: a million users cost what ten do. */

export type StatisticsRange = {
  /** Days in the time zone, as YYYY-MM-DD; both are in the range. */
  from: string
  to: string
  timeZone: string
}

type CountRow = { role: User['role']; status: User['status']; deleted: boolean; verified: boolean; users: number }
type Dependencies = Pick<Database, 'query'>

const countsSql = `
  SELECT role, status, deleted, verified, sum(users)::float8 AS users FROM user_counts GROUP BY role, status, deleted, verified`

/** Each day is a range of quarters of an hour: only its two ends are looked up in the time zone. */
const signUpsSql = `
  SELECT to_char(day, 'YYYY-MM-DD') AS date, (
    SELECT coalesce(sum(users), 0)::float8 FROM sign_up_counts
    WHERE quarter >= day AT TIME ZONE $3 AND quarter < (day + interval '1 day') AT TIME ZONE $3
  ) AS count
  FROM generate_series($1::date::timestamp, $2::date::timestamp, interval '1 day') AS day ORDER BY day`

const activeSql = `
  SELECT coalesce(sum(users) FILTER (WHERE hour > $1::timestamptz - interval '7 days'), 0)::float8 AS week,
         coalesce(sum(users), 0)::float8 AS month
  FROM last_seen_counts WHERE hour > $1::timestamptz - interval '30 days'`

export async function readStatistics(database: Dependencies, range: StatisticsRange, now: Date) {
  const [counts, signUps, [active]] = await Promise.all([
    database.query<CountRow>(countsSql),
    readSignUps(database, range),
    database.query<{ week: number; month: number }>(activeSql, [now]),
  ])
  const living = counts.filter(({ deleted }) => !deleted)
  const total = sumOf(living)
  const verified = sumOf(living.filter((row) => row.verified))
  const having = (wanted: Partial<CountRow>) =>
    sumOf(
      living.filter((row) => Object.entries(wanted).every(([name, value]) => row[name as keyof CountRow] === value)),
    )
  return {
    total,
    byRole: { USER: having({ role: 'USER' }), ADMINISTRATOR: having({ role: 'ADMINISTRATOR' }) },
    byStatus: { ACTIVE: having({ status: 'ACTIVE' }), DEACTIVATED: having({ status: 'DEACTIVATED' }) },
    deleted: sumOf(counts.filter(({ deleted }) => deleted)),
    verified,
    verifiedShare: total === 0 ? 0 : verified / total,
    activeIn7Days: active?.week ?? 0,
    activeIn30Days: active?.month ?? 0,
    signUps,
  }
}

const sumOf = (rows: readonly CountRow[]): number => rows.reduce((sum, { users }) => sum + users, 0)

async function readSignUps(database: Dependencies, { from, to, timeZone }: StatisticsRange) {
  try {
    return await database.query<{ date: string; count: number }>(signUpsSql, [from, to, timeZone])
  } catch (error) {
    if (!isUnknownZone(error)) throw error
    throw invalid('INVALID_REQUEST', 'The request is not valid: the database knows no such time zone.', {
      fields: [{ pointer: '/query/timeZone', detail: 'is not known to the database' }],
      cause: error,
    })
  }
}

/** SQLSTATE 22023: runtimes and databases bring lists of time zones of their own. */
const isUnknownZone = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '22023'

/** Hours in which nobody is counted any more go; quarters that nobody registers in any more become one row each. */
export async function tidyCounts(database: Dependencies): Promise<void> {
  await database.query(`DELETE FROM last_seen_counts WHERE hour < now() - interval '41 days'`)
  await database.query(`
    WITH spread AS (
      DELETE FROM sign_up_counts WHERE shard > 0 AND quarter < now() - interval '1 day' RETURNING quarter, users
    )
    INSERT INTO sign_up_counts AS c SELECT quarter, 0, sum(users) FROM spread GROUP BY quarter
    ON CONFLICT (quarter, shard) DO UPDATE SET users = c.users + EXCLUDED.users`)
}
