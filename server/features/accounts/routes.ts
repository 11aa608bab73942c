import { etagOf, expectedVersion } from '../../http/etag.ts'
import { reply, route, type Route } from '../../http/route.ts'
import { status } from '../../http/status.ts'
import { profile, profileOf, profilePatch } from './model.ts'
import type { Accounts } from './service.ts'

const tags = ['Account']
const etag = { ETag: 'Changes with the profile; send it as If-Match.' }

export const accountRoutes = (accounts: Accounts): Route[] => [
  route({
    method: 'get',
    path: '/me',
    permission: 'user',
    withoutSecondFactor: true,
    scope: 'account:read',
    summary: 'Your profile',
    tags,
    responses: { [status.ok]: { description: 'The profile', schema: profile, headers: etag } },
    handler: async ({ caller }) => {
      const user = await accounts.profile(caller)
      return reply(status.ok, profileOf(user), { ETag: etagOf(user.version) })
    },
  }),
  route({
    method: 'patch',
    path: '/me',
    permission: 'user',
    scope: 'account:write',
    summary: 'Change your profile',
    description: 'JSON merge patch: what is absent stays as it is, null empties.',
    tags,
    body: profilePatch,
    responses: { [status.ok]: { description: 'The changed profile', schema: profile, headers: etag } },
    handler: async ({ caller, body, request }) => {
      const user = await accounts.updateProfile(caller, body, expectedVersion(request))
      return reply(status.ok, profileOf(user), { ETag: etagOf(user.version) })
    },
  }),
]
