import { z } from 'zod'
import { createCursor, limit, pageOf, toPage } from '../../http/page.ts'
import { reply, route, type Caller, type Route } from '../../http/route.ts'
import { status } from '../../http/status.ts'
import {
  categorySchema,
  planSchema,
  plansOf,
  serviceModel,
  serviceSchema,
  serviceSummarySchema,
  summaryModel,
} from './model.ts'
import type { CatalogService } from './service.ts'

const cursor = createCursor(z.tuple([z.literal('services'), z.string(), z.uuid()]))
const slug = z.string().min(1).max(63)
const tags = ['Catalog']
const viewerOf = (caller: Caller | undefined) => ({ organizationIds: caller?.organizationIds ?? [] })

export const catalogRoutes = (catalog: CatalogService): Route[] => [
  route({
    method: 'get',
    path: '/catalog/categories',
    permission: 'public',
    summary: 'The categories, in the order in which they are shown',
    tags,
    responses: { [status.ok]: { description: 'All categories', schema: z.object({ data: z.array(categorySchema) }) } },
    async handler() {
      const categories = await catalog.categories()
      return reply(status.ok, {
        data: categories.map(({ _count, ...category }) => ({ ...category, services: _count.services })),
      })
    },
  }),
  route({
    method: 'get',
    path: '/catalog/services',
    permission: 'public',
    identify: true,
    scope: 'catalog:read',
    summary: 'The services that are sold',
    tags,
    query: z.strictObject({
      limit,
      cursor: cursor.schema.optional(),
      category: slug.optional(),
      q: z.string().min(1).max(100).optional().meta({ description: 'Looks in name, tagline and tags.' }),
    }),
    responses: { [status.ok]: { description: 'One page of services', schema: pageOf(serviceSummarySchema) } },
    async handler({ caller, query }) {
      const after = query.cursor && { name: query.cursor[1], id: query.cursor[2] }
      const rows = await catalog.services(viewerOf(caller), query, { limit: query.limit, after })
      const { data, page } = toPage(rows, query.limit, ({ name, id }) => cursor.write(['services', name, id]))
      return reply(status.ok, { data: data.map(summaryModel), page })
    },
  }),
  route({
    method: 'get',
    path: '/catalog/services/:slug',
    permission: 'public',
    identify: true,
    scope: 'catalog:read',
    summary: 'One service with its plans',
    tags,
    params: z.strictObject({ slug }),
    responses: { [status.ok]: { description: 'The service', schema: serviceSchema } },
    problems: [status.notFound],
    handler: async ({ caller, params }) =>
      reply(status.ok, serviceModel(await catalog.service(viewerOf(caller), params.slug))),
  }),
  route({
    method: 'get',
    path: '/catalog/services/:slug/plans',
    permission: 'public',
    identify: true,
    scope: 'catalog:read',
    summary: 'The plans of a service',
    tags,
    params: z.strictObject({ slug }),
    responses: { [status.ok]: { description: 'Its plans', schema: z.object({ data: z.array(planSchema) }) } },
    problems: [status.notFound],
    handler: async ({ caller, params }) =>
      reply(status.ok, { data: plansOf(await catalog.service(viewerOf(caller), params.slug)) }),
  }),
]
