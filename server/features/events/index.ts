import type { Database } from '../../db/database.ts'
import type { Job } from '../../jobs/job.ts'
import type { Feature } from '../feature.ts'
import type { EventHub } from './hub.ts'
import { eventRoutes } from './routes.ts'
import type { EventService } from './service.ts'
import { removeOldEvents } from './store.ts'

const keptDays = 7

const removeOld = (database: Database): Job => ({
  name: 'events.remove-old',
  schedule: '17 * * * *',
  async run() {
    await removeOldEvents(database, keptDays)
  },
})

export const eventsFeature = (service: EventService, hub: EventHub, database: Database) =>
  ({ name: 'events', routes: eventRoutes(service), jobs: [removeOld(database)], stop: hub.stop }) satisfies Feature
