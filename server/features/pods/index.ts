import type { Feature } from '../feature.ts'
import { podRoutes } from './routes.ts'
import type { PodService } from './service.ts'

export const podsFeature = (service: PodService) => ({ name: 'pods', routes: podRoutes(service) }) satisfies Feature
