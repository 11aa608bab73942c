import type { Tx } from '../../db/database.ts'
import { findMailTimes } from './store.ts'

/**
 * Mails that anybody can have sent to somebody else are few: who enters a stranger's address a thousand times fills no
 * mailbox. What is left out is not told, so that nothing is learned from it.
 */
type AskedFor = 'verify-email' | 'reset-password' | 'already-registered'

const leastMilliseconds = 60_000
const mostPerDay = 5
const dayMilliseconds = 24 * 60 * 60 * 1000

/** Whether one more of this kind may go to a user now. */
export async function mayMailAgain(tx: Tx, userId: string, kind: AskedFor, now: Date): Promise<boolean> {
  const since = new Date(now.getTime() - dayMilliseconds)
  const sent = await findMailTimes(tx, { userId, kind, since, most: mostPerDay })
  const last = sent[0]?.getTime() ?? 0
  return sent.length < mostPerDay && now.getTime() - last >= leastMilliseconds
}
