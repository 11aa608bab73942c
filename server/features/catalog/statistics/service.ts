import type { Database } from '../../../db/database.ts'
import { countServices, countSubscriptions } from './store.ts'

export type Statistics = ReturnType<typeof createStatistics>

/** The catalog in numbers. */
export function createStatistics({ database }: { database: Database }) {
  return {
    async read() {
      const [categories, subscriptions] = await Promise.all([countServices(database), countSubscriptions(database)])
      const sum = (status: 'draft' | 'published' | 'retired') =>
        categories.reduce((total, category) => total + category[status], 0)
      return {
        services: { draft: sum('draft'), published: sum('published'), retired: sum('retired') },
        categories,
        subscriptions,
      }
    },
  }
}
