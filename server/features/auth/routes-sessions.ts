import { z } from 'zod'
import { sessionOf } from '../../http/admission.ts'
import { pageOf } from '../../http/page.ts'
import { reply, route, type Route } from '../../http/route.ts'
import { idParam } from '../../http/schemas.ts'
import { status } from '../../http/status.ts'
import { session } from './model.ts'
import { clearedRefreshCookie } from './refresh-cookie.ts'
import type { AuthService } from './service.ts'

const tags = ['Authentication']
const removesCookie = { 'Set-Cookie': 'Removes the cookie.' }

export const sessionRoutes = ({ logout, ownSessions }: AuthService): Route[] => [
  route({
    method: 'post',
    path: '/auth/logout',
    permission: 'user',
    withoutSecondFactor: true,
    summary: 'Log out',
    description: 'Ends this sign-in: its tokens stop at once.',
    tags,
    responses: { [status.noContent]: { description: 'Logged out', headers: removesCookie } },
    handler: async ({ caller }) => {
      await logout(caller)
      return reply(status.noContent, undefined, { 'Set-Cookie': clearedRefreshCookie })
    },
  }),
  route({
    method: 'post',
    path: '/auth/logout-all',
    permission: 'user',
    withoutSecondFactor: true,
    summary: 'Log out everywhere',
    description: 'Ends every sign-in of yours, this one too: their tokens stop at once.',
    tags,
    responses: { [status.noContent]: { description: 'Logged out', headers: removesCookie } },
    handler: async ({ caller }) => {
      await ownSessions.endAll(caller)
      return reply(status.noContent, undefined, { 'Set-Cookie': clearedRefreshCookie })
    },
  }),
  route({
    method: 'get',
    path: '/auth/sessions',
    permission: 'user',
    withoutSecondFactor: true,
    summary: 'Where you are signed in',
    description: 'The last used first. All are on one page.',
    tags,
    query: z.object({}),
    responses: { [status.ok]: { description: 'The sign-ins', schema: pageOf(session) } },
    handler: async ({ caller }) => {
      const data = await ownSessions.list(caller, sessionOf(caller))
      return reply(status.ok, { data, page: { nextCursor: null, total: data.length } })
    },
  }),
  route({
    method: 'delete',
    path: '/auth/sessions/:sessionId',
    permission: 'user',
    withoutSecondFactor: true,
    summary: 'End one of your sign-ins',
    description: 'Its tokens stop at once.',
    tags,
    params: z.object({ sessionId: idParam('session') }),
    responses: { [status.noContent]: { description: 'It has ended' } },
    problems: [status.notFound],
    handler: async ({ caller, params }) => {
      await ownSessions.revoke(caller, params.sessionId)
      return reply(status.noContent)
    },
  }),
]
