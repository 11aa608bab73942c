import type { Feature } from '../feature.ts'
import { operationRoutes } from './routes.ts'
import type { OperationService } from './service.ts'

export const operationsFeature = (service: OperationService) =>
  ({ name: 'operations', routes: operationRoutes(service) }) satisfies Feature
