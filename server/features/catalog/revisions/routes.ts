import { z } from 'zod'
import { createCursor, limit, pageOf, toPage } from '../../../http/page.ts'
import { reply, route, type Route } from '../../../http/route.ts'
import { idParam, queryInteger } from '../../../http/schemas.ts'
import { status } from '../../../http/status.ts'
import {
  createdRevision,
  differenceSchema,
  newRevision,
  revisionModel,
  revisionSchema,
  revisionSummary,
  summaryModel,
} from './model.ts'
import type { Revisions } from './service.ts'

const tags = ['Catalog administration']
const ofService = z.strictObject({ serviceId: idParam('service') })
const number = queryInteger(1, 2 ** 31 - 1)
const params = z.strictObject({ serviceId: idParam('service'), number })
const cursor = createCursor(
  z.tuple([
    z.literal('revisions'),
    z
      .int()
      .min(1)
      .max(2 ** 31 - 1),
  ]),
)

export const revisionRoutes = (revisions: Revisions): Route[] => [
  route({
    method: 'get',
    path: '/services/:serviceId/revisions',
    permission: 'administrator',
    scope: 'admin:read',
    summary: 'The revisions of a service, newest first',
    tags,
    params: ofService,
    query: z.strictObject({ limit, cursor: cursor.schema.optional() }),
    responses: { [status.ok]: { description: 'One page of revisions', schema: pageOf(revisionSummary) } },
    async handler({ params, query }) {
      const rows = await revisions.list(params.serviceId, { limit: query.limit, below: query.cursor?.[1] })
      const { data, page } = toPage(rows, query.limit, (last) => cursor.write(['revisions', last.number]))
      return reply(status.ok, { data: data.map(summaryModel), page })
    },
  }),
  route({
    method: 'post',
    path: '/services/:serviceId/revisions',
    permission: 'administrator',
    scope: 'admin:write',
    summary: 'Add a revision',
    description: 'A refused template is answered with everything that is wrong with it. Nothing that runs changes.',
    tags,
    idempotent: true,
    params: ofService,
    body: newRevision,
    responses: { [status.created]: { description: 'The revision', schema: createdRevision } },
    handler: ({ transaction, caller, params, body }) =>
      transaction(async (tx) => {
        const { revision, warnings } = await revisions.create(tx, caller, params.serviceId, body)
        return reply(status.created, { ...revisionModel(revision, revisions.specOf(revision)), warnings })
      }),
  }),
  route({
    method: 'get',
    path: '/services/:serviceId/revisions/:number',
    permission: 'administrator',
    scope: 'admin:read',
    summary: 'One revision with its template',
    tags,
    params,
    responses: { [status.ok]: { description: 'The revision', schema: revisionSchema } },
    async handler({ params }) {
      const revision = await revisions.get(params.serviceId, params.number)
      return reply(status.ok, revisionModel(revision, revisions.specOf(revision)))
    },
  }),
  route({
    method: 'post',
    path: '/services/:serviceId/revisions/:number/make-current',
    permission: 'administrator',
    scope: 'admin:write',
    summary: 'Have orders get this revision',
    description: 'Older and newer ones alike. What runs stays on its own revision until an upgrade is asked for.',
    tags,
    idempotent: true,
    params,
    responses: { [status.ok]: { description: 'The revision', schema: revisionSchema } },
    handler: ({ transaction, caller, params }) =>
      transaction(async (tx) => {
        const revision = await revisions.select(tx, caller, params.serviceId, params.number)
        return reply(status.ok, revisionModel(revision, revisions.specOf(revision)))
      }),
  }),
  route({
    method: 'get',
    path: '/services/:serviceId/revisions/:number/diff',
    permission: 'administrator',
    scope: 'admin:read',
    summary: 'What a revision changed',
    tags,
    params,
    query: z.strictObject({
      against: number.optional().meta({ description: 'The number of the older one; the one before if absent.' }),
    }),
    responses: { [status.ok]: { description: 'The differences', schema: differenceSchema } },
    handler: async ({ params, query }) =>
      reply(status.ok, await revisions.difference(params.serviceId, params.number, query.against)),
  }),
]
