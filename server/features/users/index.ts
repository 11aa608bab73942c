import type { Job } from '../../jobs/job.ts'
import type { Feature, Platform } from '../feature.ts'
import { userChangeRoutes } from './routes-change.ts'
import { userRoutes } from './routes.ts'
import { createUsers } from './service.ts'
import { tidyCounts } from './statistics.ts'

type Dependencies = Parameters<typeof createUsers>[0] & Pick<Platform, 'database'>

/** People, as administrators see them. */
export function usersFeature(dependencies: Dependencies) {
  const users = createUsers(dependencies)
  const housekeeping: Job = {
    name: 'users-housekeeping',
    schedule: '29 3 * * *',
    run: () => tidyCounts(dependencies.database),
  }
  return {
    name: 'users',
    routes: [...userRoutes(users), ...userChangeRoutes(users)],
    jobs: [housekeeping],
  } satisfies Feature
}
