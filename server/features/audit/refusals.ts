import type { Database } from '../../db/database.ts'
import type { Refusal } from '../../http/dispatch.ts'
import type { Clock } from '../../lib/clock.ts'
import { messageOf } from '../../lib/errors.ts'
import type { Logger } from '../../lib/log.ts'
import { recordAudit } from '../../db/audit-trail.ts'

/**
 * Attempts at what somebody's role or token does not allow. They change nothing and can be made by the thousand, so
 * that they must neither slow the answer down nor fill a trail that nobody may shorten: the first one of a person and a
 * route is written at once, those of the next ten minutes are counted, and the count is written with the next row.
 */

const quietMilliseconds = 10 * 60_000
/** Who goes on beyond these is written again, rather than remembered. */
const remembered = 10_000

type Dependencies = { database: Pick<Database, 'transaction'>; clock: Clock; log: Logger }
type Attempts = { until: number; uncounted: number }

export function createRefusals({ database, clock, log }: Dependencies): (refusal: Refusal) => void {
  const attempts = new Map<string, Attempts>()

  /** How many were made since the last row; undefined while they are only counted. */
  const since = (key: string, now: number): number | undefined => {
    const known = attempts.get(key)
    if (known && known.until > now) {
      known.uncounted += 1
      return undefined
    }
    attempts.delete(key)
    const [oldest] = attempts.size >= remembered ? attempts.keys() : []
    if (oldest !== undefined) attempts.delete(oldest)
    attempts.set(key, { until: now + quietMilliseconds, uncounted: 0 })
    return known?.uncounted ?? 0
  }

  const write = ({ caller, route, code }: Refusal, before: number): Promise<void> =>
    database.transaction((tx) =>
      recordAudit(tx, {
        actorId: caller.userId,
        action: 'access.refused',
        targetType: 'route',
        after: { route, code, ...(before > 0 && { attemptsBefore: before }) },
        result: 'REFUSED',
        origin: caller,
      }),
    )

  return (refusal) => {
    const { caller, route, code } = refusal
    const before = since(JSON.stringify([caller.userId, route, code]), clock.systemNow().getTime())
    if (before === undefined) return
    write(refusal, before).catch((error: unknown) =>
      log.warn({ err: error, requestId: caller.requestId }, `a refusal is not in the audit trail: ${messageOf(error)}`),
    )
  }
}
