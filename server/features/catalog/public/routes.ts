import { z } from 'zod'
import { pageOf, toPage } from '../../../http/page.ts'
import { reply, route, type Caller, type ReplyHeaders, type Route } from '../../../http/route.ts'
import { idParam } from '../../../http/schemas.ts'
import { status } from '../../../http/status.ts'
import type { CatalogService } from '../service.ts'
import { cacheTerms } from './caching.ts'
import {
  availabilitySchema,
  categoryModel,
  categorySchema,
  planSchema,
  plansOf,
  serviceModel,
  serviceSchema,
  serviceSummarySchema,
  summaryModel,
} from './model.ts'
import { listQuery, readListQuery, writeListCursor } from './query.ts'
import type { PublicCatalog } from './service.ts'

const slug = z.string().min(1).max(63)
const bySlug = z.strictObject({ slug })
const tags = ['Catalog']
const viewerOf = (caller: Caller | undefined) => ({ organizationIds: caller?.organizationIds ?? [] })

const cached = { ETag: 'Changes with anything in the catalog.', 'Cache-Control': 'Who may keep it.' }
const unmodified = {
  [status.notModified]: { description: 'If-None-Match names what you have', headers: cached },
} as const
const kept = (headers: ReplyHeaders) => reply(status.notModified, undefined, headers)
const picture = { description: 'An SVG document', schema: z.string(), contentType: 'image/svg+xml', headers: cached }
/** A picture that is opened by itself is a document of ours: it runs nothing and fetches nothing. */
const harmless = { 'Content-Security-Policy': "default-src 'none'; sandbox" }

/** In each, what costs is asked only when it is known that the visitor does not have it already. */
export const publicRoutes = (catalog: PublicCatalog, { specOf }: Pick<CatalogService, 'specOf'>): Route[] => [
  route({
    method: 'get',
    path: '/catalog/categories',
    permission: 'public',
    summary: 'The categories, in the order in which they are shown',
    tags,
    responses: {
      [status.ok]: {
        description: 'All categories',
        schema: z.object({ data: z.array(categorySchema) }),
        headers: cached,
      },
      ...unmodified,
    },
    async handler({ request }) {
      const { headers, unmodified } = cacheTerms(request, undefined, await catalog.version())
      if (unmodified) return kept(headers)
      return reply(status.ok, { data: (await catalog.categories()).map(categoryModel) }, headers)
    },
  }),
  route({
    method: 'get',
    path: '/catalog/services',
    permission: 'public',
    identify: true,
    scope: 'catalog:read',
    summary: 'The services that are sold',
    description: 'A search without a hit shows what is spelled alike.',
    tags,
    query: listQuery,
    responses: {
      [status.ok]: { description: 'One page of services', schema: pageOf(serviceSummarySchema), headers: cached },
      ...unmodified,
    },
    async handler({ caller, query, request }) {
      const { filter, page: asked } = readListQuery(query)
      const { headers, unmodified } = cacheTerms(request, caller, await catalog.version())
      if (unmodified) return kept(headers)
      const rows = await catalog.services(viewerOf(caller), filter, asked)
      const { data, page } = toPage(rows, asked.limit, (last) => writeListCursor(asked.sort, last))
      return reply(status.ok, { data: data.map(summaryModel), page }, headers)
    },
  }),
  route({
    method: 'get',
    path: '/catalog/services/:slug',
    permission: 'public',
    identify: true,
    scope: 'catalog:read',
    summary: 'One service with its plans, what an order of it may say, and whether it can be ordered now',
    tags,
    params: bySlug,
    responses: { [status.ok]: { description: 'The service', schema: serviceSchema, headers: cached }, ...unmodified },
    async handler({ caller, params, request }) {
      // Whether it can be ordered changes without the catalog.
      const [version, capacity] = await Promise.all([catalog.version(), catalog.capacity()])
      const { headers, unmodified } = cacheTerms(request, caller, version, capacity)
      if (unmodified) return kept(headers)
      const service = await catalog.service(viewerOf(caller), params.slug)
      const [spec, availability] = await Promise.all([
        specOf(service.currentRevision.id),
        catalog.availabilityOf(service),
      ])
      return reply(status.ok, serviceModel(service, spec, availability), headers)
    },
  }),
  route({
    method: 'get',
    path: '/catalog/services/:slug/plans',
    permission: 'public',
    identify: true,
    scope: 'catalog:read',
    summary: 'The plans of a service',
    tags,
    params: bySlug,
    responses: {
      [status.ok]: { description: 'Its plans', schema: z.object({ data: z.array(planSchema) }), headers: cached },
      ...unmodified,
    },
    async handler({ caller, params, request }) {
      const { headers, unmodified } = cacheTerms(request, caller, await catalog.version())
      if (unmodified) return kept(headers)
      return reply(status.ok, { data: plansOf(await catalog.service(viewerOf(caller), params.slug)) }, headers)
    },
  }),
  route({
    method: 'get',
    path: '/catalog/services/:slug/availability',
    permission: 'public',
    identify: true,
    scope: 'catalog:read',
    summary: 'Whether a service can be ordered now, and how many more of each plan fit',
    description: 'May be five seconds old. An order decides by itself, under a lock.',
    tags,
    params: bySlug,
    responses: { [status.ok]: { description: 'What fits', schema: availabilitySchema } },
    handler: async ({ caller, params }) =>
      reply(status.ok, await catalog.availabilityOf(await catalog.service(viewerOf(caller), params.slug))),
  }),
  route({
    method: 'get',
    path: '/plans/:planId/availability',
    permission: 'public',
    identify: true,
    scope: 'catalog:read',
    summary: 'Whether a plan can be ordered now, and how many more of it fit',
    description: 'May be five seconds old. An order decides by itself, under a lock.',
    tags,
    params: z.strictObject({ planId: idParam('plan') }),
    responses: { [status.ok]: { description: 'What fits, of this plan only', schema: availabilitySchema } },
    async handler({ caller, params }) {
      const service = await catalog.serviceOfPlan(viewerOf(caller), params.planId)
      const plans = service.plans.filter(({ id }) => id === params.planId)
      return reply(status.ok, await catalog.availabilityOf({ ...service, plans }))
    },
  }),
  route({
    method: 'get',
    path: '/catalog/services/:slug/icon',
    permission: 'public',
    identify: true,
    scope: 'catalog:read',
    summary: 'The picture of a service',
    tags,
    params: bySlug,
    responses: { [status.ok]: picture, ...unmodified },
    async handler({ caller, params, request }) {
      const { headers, unmodified } = cacheTerms(request, caller, await catalog.version())
      if (unmodified) return kept(headers)
      const icon = await catalog.serviceIcon(viewerOf(caller), params.slug)
      return reply(status.ok, icon, { ...headers, ...harmless })
    },
  }),
  route({
    method: 'get',
    path: '/catalog/categories/:slug/icon',
    permission: 'public',
    summary: 'The picture of a category',
    tags,
    params: bySlug,
    responses: { [status.ok]: picture, ...unmodified },
    async handler({ params, request }) {
      const { headers, unmodified } = cacheTerms(request, undefined, await catalog.version())
      if (unmodified) return kept(headers)
      return reply(status.ok, await catalog.categoryIcon(params.slug), { ...headers, ...harmless })
    },
  }),
]
