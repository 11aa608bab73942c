import type { Database } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Feature } from '../feature.ts'
import type { WorkerService } from '../workers/service.ts'
import { createAdministration } from './administration.ts'
import { categoryRoutes } from './categories/routes.ts'
import { importRoutes } from './import/routes.ts'
import { planRoutes } from './plans/routes.ts'
import { publicRoutes } from './public/routes.ts'
import { createPublicCatalog } from './public/service.ts'
import { revisionRoutes } from './revisions/routes.ts'
import type { CatalogService } from './service.ts'
import { serviceRoutes } from './services/routes.ts'
import { statisticsRoutes } from './statistics/routes.ts'
import { createStatistics } from './statistics/service.ts'
import { templateRoutes } from './templates/routes.ts'
import { createTemplates } from './templates/service.ts'

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
  const { categories, services, plans, revisions, imports } = createAdministration(dependencies)
  const routes = [
    ...publicRoutes(createPublicCatalog(dependencies), catalog),
    ...categoryRoutes(categories),
    ...serviceRoutes(services),
    ...planRoutes(plans),
    ...revisionRoutes(revisions),
    ...templateRoutes(createTemplates(dependencies)),
    ...importRoutes(imports),
    ...statisticsRoutes(createStatistics(dependencies)),
  ]
  return { name: 'catalog', routes } satisfies Feature
}
