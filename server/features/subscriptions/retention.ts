import type { Database } from '../../db/database.ts'
import { changeEntitlement } from './change.ts'
import type { OrderDependencies } from './order.ts'
import { subscriptionParts } from './store.ts'

/** How many are ended in one run: the next minute takes the rest. */
const atMost = 500

/** Ends the subscriptions whose retention is over in business time. Gives how many. */
export async function endOverdue(dependencies: OrderDependencies & { database: Database }): Promise<number> {
  const { database, clock } = dependencies
  const overdue = await database.prisma.subscription.findMany({
    where: {
      entitlement: { in: ['CANCELED', 'EXPIRED'] },
      purgeRequestedAt: null,
      retainUntil: { lte: clock.businessNow() },
    },
    select: { id: true },
    take: atMost,
  })
  let ended = 0
  for (const { id } of overdue) {
    ended += await database.transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM subscriptions WHERE id = ${id}::uuid FOR UPDATE`
      // Read again under the lock: it may have been reactivated or purged meanwhile.
      const row = await tx.subscription.findFirst({
        where: {
          id,
          entitlement: { in: ['CANCELED', 'EXPIRED'] },
          purgeRequestedAt: null,
          retainUntil: { lte: clock.businessNow() },
        },
        include: subscriptionParts,
      })
      if (!row) return 0
      await changeEntitlement(dependencies, tx, undefined, row, { kind: 'PURGE', event: 'end' })
      return 1
    })
  }
  return ended
}
