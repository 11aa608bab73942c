import type { Feature, Platform } from '../feature.ts'
import { createRefusals } from './refusals.ts'
import { auditRoutes } from './routes.ts'
import { createAuditTrail } from './service.ts'

/** Who did what: to be searched by administrators, and by everybody for what is their own. */
export function createAuditFeature({ database, clock, log }: Pick<Platform, 'database' | 'clock' | 'log'>) {
  const feature = { name: 'audit', routes: auditRoutes(createAuditTrail({ database })) } satisfies Feature
  return { feature, refusals: createRefusals({ database, clock, log }) }
}
