import { applications } from './applications.ts'
import { databases } from './databases.ts'
import type { SeedService } from './service.ts'
import { web } from './web.ts'

/** The catalog that Berth comes with. Templates stand beside it; their first lines give the tags and the documentation. */
export const seedCatalog: readonly SeedService[] = [...databases, ...web, ...applications]

export { seedCategories } from './categories.ts'
export type { SeedService } from './service.ts'
