import type { Tx } from '../../db/database.ts'

/** The queries that keep mails to one address few. */

/**
 * Whether this transaction may write such a mail now: of several at once, one may. It waits for nobody, so that how
 * long requests take does not tell that they met at an account.
 */
export async function takeTurn(tx: Tx, { recipient, kind }: { recipient: string; kind: string }): Promise<boolean> {
  const turn = `mail ${kind} to ${recipient}`
  const [row] = await tx.$queryRaw<{ taken: boolean }[]>`
    SELECT pg_try_advisory_xact_lock(hashtextextended(${turn}, 0)) AS taken`
  return row?.taken === true
}

/** When mails of a kind were last written to an address, the latest first. */
export async function findMailTimes(
  tx: Tx,
  { recipient, kind, since, most }: { recipient: string; kind: string; since: Date; most: number },
): Promise<Date[]> {
  const rows = await tx.notification.findMany({
    where: { recipient, kind, createdAt: { gt: since } },
    select: { createdAt: true },
    orderBy: { createdAt: 'desc' },
    take: most,
  })
  return rows.map(({ createdAt }) => createdAt)
}
