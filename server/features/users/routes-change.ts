import { z } from 'zod'
import { etagOf } from '../../http/etag.ts'
import { reply, route, type Route } from '../../http/route.ts'
import { status } from '../../http/status.ts'
import { invalid } from '../../lib/errors.ts'
import { profilePatch, userRole } from '../accounts/model.ts'
import { bulkRequest, bulkResult, userDetails, userStatistics } from './model.ts'
import { answered, params, theUser } from './routes.ts'
import type { Users } from './service.ts'

/** What administrators do to users, to one or to many; and how many there are. */

const tags = ['Users']
const dayMilliseconds = 86_400_000
const defaultDays = 30
const longestRangeDays = 366

export const userChangeRoutes = (users: Users): Route[] => [
  route({
    method: 'post',
    path: '/users/:userId/role',
    permission: 'administrator',
    scope: 'admin:write',
    summary: "Change a user's role",
    description: 'It counts from the next request on. The last administrator who can sign in stays one.',
    tags,
    params,
    body: z.strictObject({ role: userRole }),
    responses: theUser,
    problems: [status.conflict],
    handler: async ({ caller, params, body }) => answered(await users.changeRole(caller, params.userId, body.role)),
  }),
  route({
    method: 'post',
    path: '/users/:userId/activate',
    permission: 'administrator',
    scope: 'admin:write',
    summary: 'Give a deactivated user their account back',
    tags,
    params,
    responses: theUser,
    problems: [status.conflict],
    handler: async ({ caller, params }) => answered(await users.activate(caller, params.userId)),
  }),
  route({
    method: 'post',
    path: '/users/:userId/deactivate',
    permission: 'administrator',
    scope: 'admin:write',
    summary: 'Deactivate a user',
    description: 'Their sign-ins and tokens stop at once, for good. Their subscriptions run on. They are told by mail.',
    tags,
    params,
    responses: theUser,
    problems: [status.conflict],
    handler: async ({ caller, params }) => answered(await users.deactivate(caller, params.userId)),
  }),
  route({
    method: 'post',
    path: '/users/:userId/sign-out',
    permission: 'administrator',
    scope: 'admin:write',
    summary: 'End all sign-ins of a user',
    description: 'Access tokens of machines go on: deactivate the user to stop those, too.',
    tags,
    params,
    responses: theUser,
    problems: [status.conflict],
    handler: async ({ caller, params }) => answered(await users.signOut(caller, params.userId)),
  }),
  route({
    method: 'post',
    path: '/users/:userId/invitation',
    permission: 'administrator',
    scope: 'admin:write',
    summary: 'Send the invitation again',
    description: 'The link of every earlier one stops.',
    tags,
    idempotent: true,
    params,
    responses: {
      [status.ok]: { description: 'The user', schema: userDetails, headers: { ETag: 'Changes with the user.' } },
    },
    problems: [status.conflict],
    handler: ({ transaction, caller, params }) =>
      transaction(async (tx) => {
        const user = await users.invite(tx, caller, params.userId)
        return reply(status.ok, user, { ETag: etagOf(user.version) })
      }),
  }),
  route({
    method: 'post',
    path: '/users/bulk',
    permission: 'administrator',
    scope: 'admin:write',
    summary: 'Do the same to up to 100 users',
    description:
      'One after the other, each by itself: what one is refused stops no other. Your own account is left out of what would lock you out. Cells of an exported CSV file run nothing in a spreadsheet.',
    tags,
    body: bulkRequest,
    responses: { [status.ok]: { description: 'What became of each', schema: bulkResult } },
    handler: async ({ caller, body }) => reply(status.ok, await users.bulk(caller, body)),
  }),
  route({
    method: 'get',
    path: '/users/stats',
    permission: 'administrator',
    scope: 'admin:read',
    summary: 'How many users there are, of what kind, and since when',
    tags,
    query: z.strictObject({
      from: z.iso
        .date()
        .optional()
        .meta({ description: `The first day of signUps; ${defaultDays} days unless told.` }),
      to: z.iso.date().optional().meta({ description: 'The last day; today unless told.' }),
      timeZone: profilePatch.shape.timeZone
        .unwrap()
        .default('UTC')
        .meta({ description: 'Whose days those are.', examples: ['Europe/Vienna'] }),
    }),
    responses: { [status.ok]: { description: 'The numbers', schema: userStatistics } },
    handler: async ({ query }) => reply(status.ok, await users.statistics(rangeOf(query, users.today()))),
  }),
]

type Asked = { from?: string | undefined; to?: string | undefined; timeZone: string }

function rangeOf({ from, to, timeZone }: Asked, now: Date) {
  // Swedish dates are written as ISO 8601 has them.
  const last = to ?? new Intl.DateTimeFormat('sv-SE', { timeZone }).format(now)
  const first = from ?? isoDate(Date.parse(last) - (defaultDays - 1) * dayMilliseconds)
  const days = (Date.parse(last) - Date.parse(first)) / dayMilliseconds + 1
  if (days >= 1 && days <= longestRangeDays && first >= earliest) return { from: first, to: last, timeZone }
  throw invalid(
    'INVALID_REQUEST',
    `The request is not valid: from ${first} to ${last} is not a range of 1 to ${longestRangeDays} days.`,
    { fields: [{ pointer: '/query/from', detail: `is not 1 to ${longestRangeDays} days before the end` }] },
  )
}

/** Before there were computers nobody registered, and years of four digits are what databases read. */
const earliest = '1900-01-01'
const isoDate = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10)
