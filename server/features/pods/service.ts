import type { Pod } from '../../db/generated/client.ts'
import type { Database } from '../../db/database.ts'
import type { Caller } from '../../http/route.ts'
import type { SubscriptionService } from '../subscriptions/service.ts'
import { listPods } from './store.ts'

export type PodService = ReturnType<typeof createPodService>

export function createPodService({
  database,
  subscriptions,
}: {
  database: Database
  subscriptions: Pick<SubscriptionService, 'get'>
}) {
  return {
    /** Throws `notFound` where the subscription is absent or somebody else's. */
    async list(caller: Caller, subscriptionId: string): Promise<Pod[]> {
      const { id } = await subscriptions.get(caller, subscriptionId)
      return listPods(database.prisma, id)
    },
  }
}
