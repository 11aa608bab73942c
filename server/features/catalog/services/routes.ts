import { z } from 'zod'
import { ServiceStatus } from '../../../db/generated/enums.ts'
import { etagOf, expectedVersion } from '../../../http/etag.ts'
import { createCursor, limit, pageOf, toPage } from '../../../http/page.ts'
import { reply, route, type Route } from '../../../http/route.ts'
import { idParam } from '../../../http/schemas.ts'
import { status } from '../../../http/status.ts'
import { slug } from '../fields.ts'
import { newService, operatorModel, serviceOfOperator, servicePatch } from './model.ts'
import type { ServiceOfOperator, Services } from './service.ts'
import type { ServiceEvent } from './state.ts'

const tags = ['Catalog administration']
const params = z.strictObject({ serviceId: idParam('service') })
const cursor = createCursor(z.tuple([z.literal('all services'), z.string(), z.uuid()]))
const etag = { ETag: 'Changes with the service; send it as If-Match.' }
const one = { description: 'The service', schema: serviceOfOperator, headers: etag }
const answer = <const Status extends number>(code: Status, service: ServiceOfOperator) =>
  reply(code, operatorModel(service), { ETag: etagOf(service.version) })

export const serviceRoutes = (services: Services): Route[] => [
  route({
    method: 'get',
    path: '/services',
    permission: 'administrator',
    scope: 'admin:read',
    summary: 'All services, drafts and retired ones too, by name',
    tags,
    query: z.strictObject({
      limit,
      cursor: cursor.schema.optional(),
      q: z.string().min(1).max(100).optional().meta({ description: 'A part of the name or of the slug.' }),
      status: z.enum(ServiceStatus).optional(),
      category: slug.optional(),
      organizationId: idParam('organization').optional(),
    }),
    responses: { [status.ok]: { description: 'One page of services', schema: pageOf(serviceOfOperator) } },
    async handler({ query }) {
      const after = query.cursor && { name: query.cursor[1], id: query.cursor[2] }
      const rows = await services.list(query, { limit: query.limit, after })
      const { data, page } = toPage(rows, query.limit, ({ name, id }) => cursor.write(['all services', name, id]))
      return reply(status.ok, { data: data.map(operatorModel), page })
    },
  }),
  route({
    method: 'post',
    path: '/services',
    permission: 'administrator',
    scope: 'admin:write',
    summary: 'Make a service, as a draft',
    description: 'Add a revision and plans, then publish it.',
    tags,
    idempotent: true,
    body: newService,
    responses: { [status.created]: one },
    handler: ({ transaction, caller, body }) =>
      transaction(async (tx) => answer(status.created, await services.create(tx, caller, body))),
  }),
  route({
    method: 'get',
    path: '/services/:serviceId',
    permission: 'administrator',
    scope: 'admin:read',
    summary: 'One service with its plans',
    tags,
    params,
    responses: { [status.ok]: one },
    handler: async ({ params }) => answer(status.ok, await services.get(params.serviceId)),
  }),
  route({
    method: 'patch',
    path: '/services/:serviceId',
    permission: 'administrator',
    scope: 'admin:write',
    summary: 'Change what the catalog says of a service',
    description: 'JSON merge patch. What runs stays as it is; the slug stands in addresses and never changes.',
    tags,
    params,
    body: servicePatch,
    responses: { [status.ok]: one },
    problems: [status.unprocessable],
    handler: async ({ caller, params, body, request }) =>
      answer(status.ok, await services.update(caller, params.serviceId, body, expectedVersion(request))),
  }),
  route({
    method: 'delete',
    path: '/services/:serviceId',
    permission: 'administrator',
    scope: 'admin:write',
    summary: 'Delete a service that nobody ever subscribed to, with its plans and revisions',
    tags,
    params,
    responses: { [status.noContent]: { description: 'It is gone' } },
    problems: [status.conflict, status.preconditionFailed],
    async handler({ caller, params, request }) {
      await services.remove(caller, params.serviceId, expectedVersion(request))
      return reply(status.noContent)
    },
  }),
  changeRoute(services, 'publish', 'Put a service on sale', 'It needs a revision and a visible plan.'),
  changeRoute(services, 'retire', 'Sell a service no more', 'Its subscriptions run on.'),
  changeRoute(services, 'withdraw', 'Make a service a draft again', 'As long as nobody has subscribed to it.'),
]

const changeRoute = (services: Services, event: ServiceEvent, summary: string, description: string): Route =>
  route({
    method: 'post',
    path: `/services/:serviceId/${event}`,
    permission: 'administrator',
    scope: 'admin:write',
    summary,
    description,
    tags,
    idempotent: true,
    params,
    responses: { [status.ok]: one },
    problems: [status.preconditionFailed],
    handler: ({ transaction, caller, params, request }) =>
      transaction(async (tx) =>
        answer(status.ok, await services.change(tx, caller, params.serviceId, event, expectedVersion(request))),
      ),
  })
