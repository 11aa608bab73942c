import type { Tx } from '../../db/database.ts'
import { findMailTimes, takeTurn } from './mail-limit-store.ts'

/**
 * Mails that anybody can have sent to somebody else are few: who enters a stranger's address a thousand times, one
 * after the other or at once, fills no mailbox. What is left out is not told, so that nothing is learned from it.
 */
type AskedFor = 'verify-email' | 'reset-password' | 'already-registered' | 'confirm-new-email'

/** Between two mails of a kind. An address that is asked to be confirmed as the new one may have been mistyped before. */
const leastMilliseconds: Readonly<Record<AskedFor, number>> = {
  'verify-email': 60_000,
  'reset-password': 60_000,
  'already-registered': 60_000,
  'confirm-new-email': 0,
}
const mostPerDay = 5
const dayMilliseconds = 24 * 60 * 60 * 1000

/** Whether one more of this kind may go to an address now, which is written as it is stored. */
export async function mayMailAgain(tx: Tx, recipient: string, kind: AskedFor, now: Date): Promise<boolean> {
  if (!(await takeTurn(tx, { recipient, kind }))) return false
  const since = new Date(now.getTime() - dayMilliseconds)
  const sent = await findMailTimes(tx, { recipient, kind, since, most: mostPerDay })
  const last = sent[0]?.getTime() ?? 0
  return sent.length < mostPerDay && now.getTime() - last >= leastMilliseconds[kind]
}
