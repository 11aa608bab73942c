import type { Database } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Notifications } from '../notifications/service.ts'
import { findRefusedSignIns } from './refused-sign-ins-store.ts'

/**
 * Tells people that somebody tries to get into their account. Read from the audit trail beside the sign-ins and not in
 * them: an account that exists must not cost more time there than one that does not.
 */
type Dependencies = {
  database: Pick<Database, 'query' | 'transaction'>
  notifications: Pick<Notifications, 'send'>
  clock: Clock
}

const hourMilliseconds = 60 * 60 * 1000
/** More than somebody mistypes who then asks for a new password. */
const suspiciousPasswords = 10
/** Whoever is asked for a code knew the password. */
const suspiciousCodes = 3
const toldAgainAfterHours = 24

/** Mails the owners of accounts that were attacked within the hour, each once a day; answers how many. */
export const createRefusedSignInsWatch =
  ({ database, notifications, clock }: Dependencies) =>
  async (): Promise<number> => {
    const now = clock.systemNow()
    const hoursAgo = (hours: number) => new Date(now.getTime() - hours * hourMilliseconds)
    const attacked = await findRefusedSignIns(database, {
      since: hoursAgo(1),
      notToldSince: hoursAgo(toldAgainAfterHours),
      passwords: suspiciousPasswords,
      codes: suspiciousCodes,
    })
    for (const { userId, email, ...counts } of attacked) {
      const mail = { kind: 'sign-ins-refused' as const, data: { ...counts, at: now.toISOString() } }
      await database.transaction((tx) => notifications.send(tx, { userId, email }, mail))
    }
    return attacked.length
  }
