import type { Feature } from '../feature.ts'
import { catalogRoutes } from './routes.ts'
import type { CatalogService } from './service.ts'

export const catalogFeature = (service: CatalogService) =>
  ({ name: 'catalog', routes: catalogRoutes(service) }) satisfies Feature
