import { z } from 'zod'
import { OperationState } from '../../db/generated/enums.ts'
import { createCursor, cursorTime, limit, pageOf, toPage } from '../../http/page.ts'
import { reply, route, type Route } from '../../http/route.ts'
import { idParam } from '../../http/schemas.ts'
import { status } from '../../http/status.ts'
import { operationSchema } from './model.ts'
import type { OperationService } from './service.ts'

const cursor = createCursor(z.tuple([z.literal('operations'), cursorTime, z.uuid()]))

export const operationRoutes = (operations: OperationService): Route[] => [
  route({
    method: 'get',
    path: '/operations',
    permission: 'user',
    scope: 'subscriptions:read',
    summary: 'List operations, newest first',
    tags: ['Operations'],
    query: z.strictObject({
      limit,
      cursor: cursor.schema.optional(),
      subscription: idParam('subscription').optional(),
      state: z.enum(OperationState).optional(),
    }),
    responses: { [status.ok]: { description: 'One page of operations', schema: pageOf(operationSchema) } },
    async handler({ caller, query }) {
      const after = query.cursor && { createdAt: new Date(query.cursor[1]), id: query.cursor[2] }
      const filter = { subscriptionId: query.subscription, state: query.state }
      const rows = await operations.list(caller, filter, { limit: query.limit, after })
      return reply(
        status.ok,
        toPage(rows, query.limit, ({ createdAt, id }) => cursor.write(['operations', createdAt.toISOString(), id])),
      )
    },
  }),
  route({
    method: 'get',
    path: '/operations/:operationId',
    permission: 'user',
    scope: 'subscriptions:read',
    summary: 'One operation: how far it is, or why it failed and what to do',
    tags: ['Operations'],
    params: z.strictObject({ operationId: idParam('operation') }),
    responses: { [status.ok]: { description: 'The operation', schema: operationSchema } },
    handler: async ({ caller, params }) => reply(status.ok, await operations.get(caller, params.operationId)),
  }),
]
