import { z } from 'zod'
import { reply, route, type Route } from '../../http/route.ts'
import { idParam } from '../../http/schemas.ts'
import { status } from '../../http/status.ts'
import { encodeId } from '../../lib/ids.ts'
import { madeTokenSchema, newTokenSchema, tokenModel, tokenPage, tokenSchema } from './model.ts'
import type { AccessTokens } from './service.ts'

const tags = ['Access tokens']
const params = z.strictObject({ tokenId: idParam('accessToken') })

/** None of them has a scope: a token that leaked makes no other one, and does not hide itself. */
export const accessTokenRoutes = (tokens: AccessTokens): Route[] => [
  route({
    method: 'post',
    path: '/me/tokens',
    permission: 'user',
    limits: ['security'],
    summary: 'Make a personal access token',
    description:
      'For programs, as `Authorization: Bearer berth_pat_…`. The secret is in this answer alone, which is not stored: a repeated request makes another token. You are mailed about it.',
    tags,
    body: newTokenSchema,
    responses: {
      [status.created]: {
        description: 'The token, its secret among it',
        schema: madeTokenSchema,
        headers: { Location: 'Where it is read, without its secret' },
      },
    },
    problems: [status.forbidden, status.conflict],
    async handler({ caller, body }) {
      const made = await tokens.create(caller, body)
      const location = `/api/v1/me/tokens/${encodeId('accessToken', made.id)}`
      return reply(status.created, tokenModel(made), { Location: location })
    },
  }),
  route({
    method: 'get',
    path: '/me/tokens',
    permission: 'user',
    summary: 'Your personal access tokens',
    description: 'Newest first, all on one page; also the expired ones for some weeks.',
    tags,
    responses: { [status.ok]: { description: 'The tokens, without their secrets', schema: tokenPage } },
    async handler({ caller }) {
      const data = (await tokens.list(caller)).map(tokenModel)
      return reply(status.ok, { data, page: { nextCursor: null, total: data.length } })
    },
  }),
  route({
    method: 'delete',
    path: '/me/tokens',
    permission: 'user',
    summary: 'Revoke all your personal access tokens: they stop at once',
    tags,
    responses: {
      [status.ok]: { description: 'How many there were', schema: z.object({ revoked: z.int() }) },
    },
    handler: async ({ caller }) => reply(status.ok, { revoked: await tokens.revokeAll(caller) }),
  }),
  route({
    method: 'get',
    path: '/me/tokens/:tokenId',
    permission: 'user',
    summary: 'One of your personal access tokens',
    tags,
    params,
    responses: { [status.ok]: { description: 'The token, without its secret', schema: tokenSchema } },
    handler: async ({ caller, params }) => reply(status.ok, tokenModel(await tokens.get(caller, params.tokenId))),
  }),
  route({
    method: 'delete',
    path: '/me/tokens/:tokenId',
    permission: 'user',
    summary: 'Revoke a personal access token: it stops at once',
    tags,
    params,
    responses: { [status.noContent]: { description: 'Revoked' } },
    async handler({ caller, params }) {
      await tokens.revoke(caller, params.tokenId)
      return reply(status.noContent)
    },
  }),
]
