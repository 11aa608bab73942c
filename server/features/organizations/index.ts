import type { Feature } from '../feature.ts'
import { organizationRoutes } from './routes.ts'
import type { Organizations } from './service.ts'

/** Who owns what is bought, and how much it may have. */
export const organizationsFeature = (organizations: Organizations) =>
  ({ name: 'organizations', routes: organizationRoutes(organizations) }) satisfies Feature
