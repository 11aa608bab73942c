import type { Prisma } from '../../db/generated/client.ts'
import type { Db, Tx } from '../../db/database.ts'
import { literally } from '../../db/like.ts'
import type { Caller } from '../../http/route.ts'

/** Every query of subscriptions that a caller asks for: scoped by who asks, so that another's is absent. */

export const subscriptionParts = {
  service: { select: { id: true, slug: true, name: true, retentionDays: true } },
  planVersion: { include: { plan: { select: { id: true, slug: true, name: true } } } },
  revision: { select: { id: true, number: true } },
  previousRevision: { select: { id: true, number: true } },
  endpoints: { orderBy: { name: 'asc' } },
  operations: { orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], take: 1 },
  cluster: { select: { id: true, name: true, simulated: true, unreachableSince: true } },
} satisfies Prisma.SubscriptionInclude

export type SubscriptionWithParts = Prisma.SubscriptionGetPayload<{ include: typeof subscriptionParts }>

const scopeOf = ({ role, organizationIds }: Caller): Prisma.SubscriptionWhereInput =>
  role === 'ADMINISTRATOR' ? {} : { organizationId: { in: [...organizationIds] } }

export const findSubscription = (db: Db | Tx, caller: Caller, id: string): Promise<SubscriptionWithParts | null> =>
  db.subscription.findFirst({ where: { id, ...scopeOf(caller) }, include: subscriptionParts })

/** Takes the row for the rest of the transaction, so that two changes of one subscription follow each other. */
export async function lockSubscription(tx: Tx, caller: Caller, id: string): Promise<SubscriptionWithParts | null> {
  await tx.$queryRaw`SELECT 1 FROM subscriptions WHERE id = ${id}::uuid FOR UPDATE`
  return findSubscription(tx, caller, id)
}

export type SubscriptionFilter = {
  q?: string | undefined
  entitlement?: Prisma.SubscriptionWhereInput['entitlement'] | undefined
  service?: string | undefined
}

/** Newest first, after the cursor; one more than asked for tells whether there are more. */
export const listSubscriptions = (
  db: Db,
  caller: Caller,
  { q, entitlement, service }: SubscriptionFilter,
  { limit, after }: { limit: number; after: { createdAt: Date; id: string } | undefined },
): Promise<SubscriptionWithParts[]> =>
  db.subscription.findMany({
    where: {
      AND: [
        scopeOf(caller),
        q === undefined ? {} : { name: { contains: literally(q), mode: 'insensitive' } },
        entitlement === undefined ? { entitlement: { not: 'TERMINATED' } } : { entitlement },
        service === undefined ? {} : { service: { slug: service } },
        after
          ? { OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }] }
          : {},
      ],
    },
    include: subscriptionParts,
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit + 1,
  })
