import type { Tx } from '../../db/database.ts'
import type { MailKind } from './mails.ts'
import { countLatest, takeTurnToStranger } from './store.ts'

/**
 * Who entered somebody else's address, and never confirmed it, can do all that is mailed word of: log in from a hundred
 * devices, or make a hundred tokens. To an address that nobody has confirmed go few mails of a kind, so that no account
 * is a way to fill a stranger's mailbox. Mails with a link have limits of their own, where they are asked for.
 */
const asked: ReadonlySet<MailKind> = new Set([
  'verify-email',
  'already-registered',
  'reset-password',
  'confirm-new-email',
  'invitation',
])
const mostPerDay = 5

/** Whether it is left out; `recipient` is written as it is stored. */
export async function isTooMuch(
  tx: Tx,
  { userId, recipient, kind }: { userId: string; recipient: string; kind: MailKind },
): Promise<boolean> {
  if (asked.has(kind)) return false
  const turn = await takeTurnToStranger(tx, { userId, recipient, kind })
  if (turn === 'CONFIRMED') return false
  return turn === 'ANOTHERS' || (await countLatest(tx, { recipient, kind, most: mostPerDay })) >= mostPerDay
}
