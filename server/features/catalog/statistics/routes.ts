import { z } from 'zod'
import { reply, route, type Route } from '../../../http/route.ts'
import { status } from '../../../http/status.ts'
import type { Statistics } from './service.ts'

const byStatus = { draft: z.int(), published: z.int(), retired: z.int() }
const schema = z
  .object({
    services: z.object(byStatus),
    categories: z
      .array(z.object({ category: z.string(), name: z.string(), ...byStatus }))
      .meta({ description: 'In the order of the catalog.' }),
    subscriptions: z
      .array(
        z.object({
          service: z.string(),
          serviceName: z.string(),
          plan: z.string(),
          planName: z.string(),
          subscriptions: z.int().meta({ description: 'That run, or are about to.' }),
          suspended: z.int().meta({ description: 'Whose data is kept, and that do not run.' }),
          ended: z.int(),
        }),
      )
      .meta({ description: 'The most sold ones first; at most 1,000 plans.' }),
  })
  .meta({ id: 'CatalogStatistics' })

export const statisticsRoutes = (statistics: Statistics): Route[] => [
  route({
    method: 'get',
    path: '/services/stats',
    permission: 'administrator',
    scope: 'admin:read',
    summary: 'Services by status and category, subscriptions by service and plan',
    tags: ['Catalog administration'],
    responses: { [status.ok]: { description: 'The numbers', schema } },
    handler: async () => reply(status.ok, await statistics.read()),
  }),
]
