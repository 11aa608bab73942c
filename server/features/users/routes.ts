import { z } from 'zod'
import { etagOf, expectedVersion } from '../../http/etag.ts'
import { createCursor, cursorTime, limit, pageOf, toPage } from '../../http/page.ts'
import { reply, route, type Route } from '../../http/route.ts'
import { idParam } from '../../http/schemas.ts'
import { status } from '../../http/status.ts'
import { encodeId } from '../../lib/ids.ts'
import { sortKeyOf, sorts } from './find-users.ts'
import { newUser, sessionOfUser, userDetails, userFilter, userPatch, userSummary } from './model.ts'
import { afterOf } from './position.ts'
import type { UserDetails, Users } from './service.ts'

const tags = ['Users']
export const params = z.strictObject({ userId: idParam('user') })
const etag = { ETag: 'Changes with the user; send it as If-Match.' }
export const theUser = { [status.ok]: { description: 'The user', schema: userDetails, headers: etag } } as const
export const answered = (user: UserDetails) => reply(status.ok, user, { ETag: etagOf(user.version) })

/** The order is part of it: a page of another order would begin anywhere. */
const cursor = createCursor(z.tuple([z.literal('users'), z.enum(sorts), z.string().max(300), z.uuid()]))
const sessionCursor = createCursor(z.tuple([z.literal('user-sessions'), cursorTime, z.uuid()]))

export const userRoutes = (users: Users): Route[] => [
  route({
    method: 'get',
    path: '/users',
    permission: 'administrator',
    scope: 'admin:read',
    summary: 'Find users',
    description: 'By parts of the name or the address, and by filters. A cursor goes with the order that it came from.',
    tags,
    query: z.strictObject({ limit, cursor: cursor.schema.optional(), ...userFilter }),
    responses: { [status.ok]: { description: 'One page of users', schema: pageOf(userSummary) } },
    async handler({ query: { limit, cursor: position, sort, ...filter } }) {
      const after = position && afterOf(position, sort)
      const rows = await users.list(filter, { sort, limit, after })
      return reply(
        status.ok,
        toPage(rows, limit, (last) => cursor.write(['users', sort, sortKeyOf(sort, last), last.id])),
      )
    },
  }),
  route({
    method: 'post',
    path: '/users',
    permission: 'administrator',
    scope: 'admin:write',
    summary: 'Create a user and invite them by mail',
    description: 'The mailed link lets them choose a password, for 7 days. Send it again where it got lost.',
    tags,
    idempotent: true,
    body: newUser,
    responses: {
      [status.created]: {
        description: 'The user, invited',
        schema: userDetails,
        headers: { ...etag, Location: 'Where the user is read' },
      },
    },
    problems: [status.conflict],
    handler: ({ transaction, caller, body }) =>
      transaction(async (tx) => {
        const user = await users.create(tx, caller, body)
        const location = `/api/v1/users/${encodeId('user', user.id)}`
        return reply(status.created, user, { ETag: etagOf(user.version), Location: location })
      }),
  }),
  route({
    method: 'get',
    path: '/users/:userId',
    permission: 'administrator',
    scope: 'admin:read',
    summary: 'One user',
    tags,
    params,
    responses: theUser,
    handler: async ({ params }) => answered(await users.get(params.userId)),
  }),
  route({
    method: 'patch',
    path: '/users/:userId',
    permission: 'administrator',
    scope: 'admin:write',
    summary: "Change a user's profile or address",
    description:
      'JSON merge patch: what is absent stays as it is, null empties. The former address is told of another one, which is mailed a link that confirms it unless `emailVerified` says that it is known.',
    tags,
    params,
    body: userPatch,
    responses: theUser,
    problems: [status.conflict, status.preconditionFailed],
    handler: async ({ caller, params, body, request }) =>
      answered(await users.update(caller, params.userId, body, expectedVersion(request))),
  }),
  route({
    method: 'delete',
    path: '/users/:userId',
    permission: 'administrator',
    scope: 'admin:write',
    summary: 'Delete a user',
    description:
      'Refused while they own living subscriptions. All that says who they were is removed; what they did and paid stays under their id. There is no undo.',
    tags,
    params,
    responses: { [status.noContent]: { description: 'Deleted' } },
    problems: [status.conflict, status.preconditionFailed],
    async handler({ caller, params, request }) {
      await users.remove(caller, params.userId, expectedVersion(request))
      return reply(status.noContent)
    },
  }),
  route({
    method: 'get',
    path: '/users/:userId/sessions',
    permission: 'administrator',
    scope: 'admin:read',
    summary: "A user's open sign-ins, newest first",
    tags,
    params,
    query: z.strictObject({ limit, cursor: sessionCursor.schema.optional() }),
    responses: { [status.ok]: { description: 'One page of sign-ins', schema: pageOf(sessionOfUser) } },
    async handler({ params, query }) {
      const after = query.cursor && { createdAt: new Date(query.cursor[1]), id: query.cursor[2] }
      const rows = await users.sessions(params.userId, { limit: query.limit, after })
      const { data, page } = toPage(rows, query.limit, ({ createdAt, id }) =>
        sessionCursor.write(['user-sessions', createdAt.toISOString(), id]),
      )
      return reply(status.ok, { data: data.map((row) => ({ ...row, expiresAt: row.idleExpiresAt })), page })
    },
  }),
]
