import type { Database } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import { createCategories } from './categories/service.ts'
import { createImports } from './import/service.ts'
import { createPlans } from './plans/service.ts'
import { createRevisions } from './revisions/service.ts'
import { createServices } from './services/service.ts'

/** What changes the catalog, wired together: for the routes, and for commands at the operator's machine. */
export function createAdministration(dependencies: { database: Database; clock: Clock }) {
  const categories = createCategories(dependencies)
  const services = createServices(dependencies)
  const plans = createPlans(dependencies)
  const revisions = createRevisions(dependencies)
  const imports = createImports({ ...dependencies, categories, services, plans, revisions })
  return { categories, services, plans, revisions, imports }
}
