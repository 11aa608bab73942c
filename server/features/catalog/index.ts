import type { Database } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Feature } from '../feature.ts'
import type { WorkerService } from '../workers/service.ts'
import { categoryRoutes } from './categories/routes.ts'
import { createCategories } from './categories/service.ts'
import { planRoutes } from './plans/routes.ts'
import { createPlans } from './plans/service.ts'
import { publicRoutes } from './public/routes.ts'
import { createPublicCatalog } from './public/service.ts'
import type { CatalogService } from './service.ts'
import { serviceRoutes } from './services/routes.ts'
import { createServices } from './services/service.ts'

type Dependencies = {
  database: Database
  clock: Clock
  workers: Pick<WorkerService, 'freeForOrders'>
  catalog: CatalogService
}

/**
 * What is sold: `public/` is what everybody reads; the other folders are what operators keep it with. `service.ts` is
 * what other features ask of it.
 */
export function catalogFeature({ catalog, ...dependencies }: Dependencies) {
  const routes = [
    ...publicRoutes(createPublicCatalog(dependencies), catalog),
    ...categoryRoutes(createCategories(dependencies)),
    ...serviceRoutes(createServices(dependencies)),
    ...planRoutes(createPlans(dependencies)),
  ]
  return { name: 'catalog', routes } satisfies Feature
}
