import { z } from 'zod'
import { createCursor, cursorTime, limit, pageOf, toPage } from '../../http/page.ts'
import { reply, route, type Route } from '../../http/route.ts'
import { idParam } from '../../http/schemas.ts'
import { status } from '../../http/status.ts'
import { kindFilter, notificationSchema, stateFilter } from './model.ts'
import type { NotificationOversight } from './oversight.ts'

const tags = ['Notifications']
const params = z.strictObject({ notificationId: idParam('notification') })
const cursor = createCursor(z.tuple([z.literal('notifications'), cursorTime, z.uuid()]))

export const notificationRoutes = (notifications: NotificationOversight): Route[] => [
  route({
    method: 'get',
    path: '/notifications',
    permission: 'administrator',
    scope: 'admin:read',
    summary: 'List mails and whether they left, newest first',
    description: 'Never what they say: links in them let people in.',
    tags,
    query: z.strictObject({
      limit,
      cursor: cursor.schema.optional(),
      state: stateFilter.optional(),
      kind: kindFilter.optional(),
      user: idParam('user').optional(),
      q: z
        .string()
        .min(1)
        .max(254)
        .refine((text) => !text.includes('\0'), 'contains a NUL')
        .optional()
        .meta({ description: "The beginning of the recipient's address." }),
    }),
    responses: { [status.ok]: { description: 'One page of mails', schema: pageOf(notificationSchema) } },
    async handler({ query: { limit, cursor: read, state, kind, user, q } }) {
      const after = read && { createdAt: new Date(read[1]), id: read[2] }
      const rows = await notifications.list({ state, kind, userId: user, recipient: q }, { limit, after })
      return reply(
        status.ok,
        toPage(rows, limit, ({ createdAt, id }) => cursor.write(['notifications', createdAt.toISOString(), id])),
      )
    },
  }),
  route({
    method: 'get',
    path: '/notifications/:notificationId',
    permission: 'administrator',
    scope: 'admin:read',
    summary: 'One mail and whether it left',
    tags,
    params,
    responses: { [status.ok]: { description: 'The mail', schema: notificationSchema } },
    handler: async ({ params }) => reply(status.ok, await notifications.get(params.notificationId)),
  }),
  route({
    method: 'post',
    path: '/notifications/:notificationId/retry',
    permission: 'administrator',
    scope: 'admin:write',
    summary: 'Send a mail again that did not leave',
    description: 'One that waits is sent at once; one that failed gets all its attempts anew.',
    tags,
    idempotent: true,
    params,
    responses: { [status.accepted]: { description: 'It will be sent', schema: notificationSchema } },
    problems: [status.conflict],
    handler: ({ transaction, caller, params }) =>
      transaction(async (tx) => reply(status.accepted, await notifications.retry(tx, caller, params.notificationId))),
  }),
]
