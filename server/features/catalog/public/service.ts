import type { Database } from '../../../db/database.ts'
import type { Clock } from '../../../lib/clock.ts'
import { notFound } from '../../../lib/errors.ts'
import type { WorkerService } from '../../workers/service.ts'
import { drawIcon } from '../icon.ts'
import { categoryAbsent, planAbsent } from '../refusals.ts'
import { createAvailability } from './availability.ts'
import { listAlike, listServices, type ListFilter, type ListPage } from './list.ts'
import {
  catalogVersion,
  findCategoryIcon,
  findService,
  findServiceOfPlan,
  listCategories,
  type ServiceWithParts,
  type SummaryRow,
  type Viewer,
} from './store.ts'

export type PublicCatalog = ReturnType<typeof createPublicCatalog>
type Dependencies = { database: Database; workers: Pick<WorkerService, 'freeForOrders'>; clock: Clock }

/** The catalog as everybody reads it. */
export function createPublicCatalog({ database, workers, clock }: Dependencies) {
  const availability = createAvailability({ workers, clock })
  const service = async (viewer: Viewer, slug: string): Promise<ServiceWithParts> => {
    const found = await findService(database.prisma, viewer, slug)
    if (!found) throw notFound('SERVICE_NOT_FOUND', `There is no service "${slug}" in the catalog.`)
    return found
  }

  return {
    version: () => catalogVersion(database),
    capacity: availability.capacity,
    availabilityOf: availability.of,
    categories: () => listCategories(database.prisma),

    /** Throws `notFound` SERVICE_NOT_FOUND. A retired one is shown: subscriptions of it run on. */
    service,

    /** A first page without a hit shows what is spelled alike; no further page follows that. */
    async services(viewer: Viewer, filter: ListFilter, page: ListPage): Promise<SummaryRow[]> {
      const rows = await listServices(database, viewer, filter, page)
      const { q } = filter
      if (rows.length > 0 || q === undefined || page.after) return rows
      return listAlike(database, viewer, { ...filter, q }, page.limit)
    },

    /** Of a service on sale, by one of its plans. */
    async serviceOfPlan(viewer: Viewer, planId: string): Promise<ServiceWithParts> {
      const found = await findServiceOfPlan(database.prisma, viewer, planId)
      if (!found) throw planAbsent()
      return found
    },

    serviceIcon: async (viewer: Viewer, slug: string): Promise<string> => drawIcon(await service(viewer, slug)),
    async categoryIcon(slug: string): Promise<string> {
      const category = await findCategoryIcon(database.prisma, slug)
      if (!category) throw categoryAbsent()
      return drawIcon(category)
    },
  }
}
