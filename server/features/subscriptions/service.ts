import type { Operation } from '../../db/generated/client.ts'
import type { Database, Tx } from '../../db/database.ts'
import type { Caller } from '../../http/route.ts'
import { notFound, unprocessable } from '../../lib/errors.ts'
import { recordAudit } from '../audit/service.ts'
import { changeEntitlement, type Change } from './change.ts'
import { readCredentials } from './credentials.ts'
import { placeOrder, type Order, type OrderDependencies } from './order.ts'
import {
  findSubscription,
  listSubscriptions,
  lockSubscription,
  type SubscriptionFilter,
  type SubscriptionWithParts,
} from './store.ts'

import { planUpgradeOf, upgradeSubscription, type AskedUpgrade, type PlannedUpgrade } from './upgrade.ts'

export type SubscriptionService = ReturnType<typeof createSubscriptionService>
export type { Order, SubscriptionWithParts }

/** What customers ask of subscriptions. Every change is one transaction: rows, operation, audit, event and job. */
export function createSubscriptionService(dependencies: OrderDependencies & { database: Database }) {
  const { database } = dependencies

  const change = async (tx: Tx, caller: Caller, id: string, what: Change): Promise<Operation> => {
    const row = (await lockSubscription(tx, caller, id)) ?? absent()
    what.check?.(row)
    return changeEntitlement(dependencies, tx, caller, row, what)
  }

  return {
    create: (tx: Tx, caller: Caller, order: Order): Promise<Operation> => placeOrder(dependencies, tx, caller, order),

    list: (caller: Caller, filter: SubscriptionFilter, page: Parameters<typeof listSubscriptions>[3]) =>
      listSubscriptions(database.prisma, caller, filter, page),

    /** Throws `notFound` where it is absent or somebody else's. */
    get: async (caller: Caller, id: string): Promise<SubscriptionWithParts> =>
      (await findSubscription(database.prisma, caller, id)) ?? absent(),

    /** Stops it and keeps its data until the retention is over. What was never ready is ended at once. */
    cancel: (tx: Tx, caller: Caller, id: string) => change(tx, caller, id, { kind: 'CANCEL', event: 'cancel' }),

    /** Takes a cancellation back while the data is kept. */
    reactivate: (tx: Tx, caller: Caller, id: string) =>
      change(tx, caller, id, { kind: 'REACTIVATE', event: 'reactivate' }),

    /** Destroys a canceled subscription's data now. `confirmation` is its name, typed. */
    purge: (tx: Tx, caller: Caller, id: string, confirmation: string) =>
      change(tx, caller, id, {
        kind: 'PURGE',
        event: 'end',
        check({ name }) {
          if (confirmation === name) return
          throw unprocessable(
            'CONFIRMATION_MISMATCH',
            `To destroy the data, confirm with the name of the subscription: "${name}".`,
            {
              fields: [{ pointer: '/confirm', detail: 'is not the name of the subscription' }],
            },
          )
        },
      }),

    /** Rolls its pods one after the other. */
    restart: (tx: Tx, caller: Caller, id: string) => change(tx, caller, id, { kind: 'RESTART', restart: true }),

    /** What an upgrade would do, and whether it can be. Changes nothing. */
    previewUpgrade: (caller: Caller, id: string, asked: AskedUpgrade): Promise<PlannedUpgrade> =>
      database.transaction(async (tx) => {
        const row = (await findSubscription(tx, caller, id)) ?? absent()
        return planUpgradeOf(dependencies, tx, caller, row, asked)
      }),

    /** Brings it to another revision. Throws where it cannot be, or there is nothing to do. */
    async upgrade(tx: Tx, caller: Caller, id: string, asked: AskedUpgrade): Promise<Operation> {
      const row = (await lockSubscription(tx, caller, id)) ?? absent()
      return upgradeSubscription(dependencies, tx, caller, row, asked)
    },

    /** Addresses, users and passwords. Who read them is in the audit trail. */
    async credentials(caller: Caller, id: string) {
      const row = (await findSubscription(database.prisma, caller, id)) ?? absent()
      const credentials = await readCredentials(dependencies, database, row)
      await database.transaction((tx) =>
        recordAudit(tx, {
          actorId: caller.userId,
          organizationId: row.organizationId,
          action: 'subscription.credentials',
          targetType: 'subscription',
          targetId: id,
          origin: caller,
        }),
      )
      return credentials
    },
  }
}

const absent = (): never => {
  throw notFound('SUBSCRIPTION_NOT_FOUND', 'There is no such subscription.')
}
