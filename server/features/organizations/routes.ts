import { z } from 'zod'
import { etagOf, expectedVersion } from '../../http/etag.ts'
import { createCursor, cursorTime, limit, pageOf, toPage } from '../../http/page.ts'
import { reply, route, type Route } from '../../http/route.ts'
import { idParam } from '../../http/schemas.ts'
import { status } from '../../http/status.ts'
import {
  limitsPatch,
  organizationModel,
  organizationPatch,
  organizationSchema,
  organizationSummary,
  useSchema,
} from './model.ts'
import type { Organizations } from './service.ts'
import type { OrganizationWithRole } from './store.ts'

const tags = ['Organizations']
const params = z.strictObject({ organizationId: idParam('organization') })
const cursor = createCursor(z.tuple([z.literal('organizations'), cursorTime, z.uuid()]))
const etag = { ETag: 'Changes with the organization; send it as If-Match.' }
const shown = { [status.ok]: { description: 'The organization', schema: organizationSchema, headers: etag } } as const
const answer = (row: OrganizationWithRole) => reply(status.ok, organizationModel(row), { ETag: etagOf(row.version) })

export const organizationRoutes = (organizations: Organizations): Route[] => [
  route({
    method: 'get',
    path: '/organizations',
    permission: 'user',
    scope: 'organizations:read',
    summary: 'Organizations, newest first: your own; all for administrators',
    tags,
    query: z.strictObject({
      limit,
      cursor: cursor.schema.optional(),
      q: z.string().trim().min(1).max(100).optional().meta({ description: 'How the name begins.' }),
      mine: z
        .enum(['true', 'false'])
        .transform((text) => text === 'true')
        .optional()
        .meta({
          override: { type: 'boolean' },
          description: 'Only those that you are a member of: for administrators.',
        }),
    }),
    responses: { [status.ok]: { description: 'One page of organizations', schema: pageOf(organizationSummary) } },
    async handler({ caller, query }) {
      const after = query.cursor && { createdAt: new Date(query.cursor[1]), id: query.cursor[2] }
      const rows = await organizations.list(caller, query, { limit: query.limit, after })
      const { data, page } = toPage(rows, query.limit, ({ createdAt, id }) =>
        cursor.write(['organizations', createdAt.toISOString(), id]),
      )
      return reply(status.ok, { data, page })
    },
  }),
  route({
    method: 'get',
    path: '/organizations/:organizationId',
    permission: 'user',
    scope: 'organizations:read',
    summary: 'One organization, with its billing details and limits',
    tags,
    params,
    responses: shown,
    handler: async ({ caller, params }) => answer(await organizations.get(caller, params.organizationId)),
  }),
  route({
    method: 'patch',
    path: '/organizations/:organizationId',
    permission: 'user',
    scope: 'organizations:write',
    summary: 'Change its name and billing details',
    description: 'For its owners. JSON merge patch: what is absent stays as it is, null empties.',
    tags,
    params,
    body: organizationPatch,
    responses: shown,
    problems: [status.forbidden],
    handler: async ({ caller, params, body, request }) =>
      answer(await organizations.update(caller, params.organizationId, body, expectedVersion(request))),
  }),
  route({
    method: 'get',
    path: '/organizations/:organizationId/limits',
    permission: 'user',
    scope: 'organizations:read',
    summary: 'What it may have, and what it has',
    tags,
    params,
    responses: { [status.ok]: { description: 'Limits and use', schema: useSchema } },
    handler: async ({ caller, params }) => reply(status.ok, await organizations.use(caller, params.organizationId)),
  }),
  route({
    method: 'patch',
    path: '/organizations/:organizationId/limits',
    permission: 'administrator',
    scope: 'admin:write',
    summary: 'Set what it may have',
    description:
      'They hold for orders from now on; what is held already stays. JSON merge patch: null is no limit, zero forbids.',
    tags,
    params,
    body: limitsPatch,
    responses: shown,
    handler: async ({ caller, params, body, request }) =>
      answer(await organizations.setLimits(caller, params.organizationId, body, expectedVersion(request))),
  }),
]
