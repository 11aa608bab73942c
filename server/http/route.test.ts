import { expect, test } from 'vitest'
import { z } from 'zod'
import { fullPath, reply, route, type Transact } from './route.ts'
import { status } from './status.ts'

const thing = z.object({ id: z.string(), state: z.enum(['ON', 'OFF']), at: z.date(), labels: z.array(z.string()) })
const answer = { id: 'x', state: 'ON', at: new Date(0), labels: ['a'] } as const
const shared = {
  method: 'get',
  path: '/things/:thingId',
  permission: 'user',
  summary: 'A thing',
  tags: ['Things'],
} as const
const responses = { [status.ok]: { description: 'The thing', schema: thing } }
const storeAnswer = ({ transaction }: { transaction: Transact<typeof responses> }) =>
  transaction(async () => reply(status.ok, answer))

test('a handler sees its own parameters and answers one of its own responses', () => {
  const defined = route({
    ...shared,
    params: z.object({ thingId: z.string() }),
    responses: { ...responses, [status.noContent]: { description: 'None' } },
    handler: async ({ params, caller, body }) => {
      body satisfies undefined
      if (params.thingId === caller.userId) return reply(status.noContent)
      return reply(status.ok, { id: params.thingId, state: 'ON', at: new Date(), labels: [] })
    },
  })
  expect(fullPath(defined)).toBe('/api/v1/things/:thingId')
})

test('what the compiler refuses: no permission, a foreign body or status, an idempotent answer past its transaction', () => {
  const { permission: _, ...withoutPermission } = shared
  // @ts-expect-error a route says who may use it
  route({ ...withoutPermission, responses, handler: async () => reply(status.ok, answer) })
  // @ts-expect-error the body is not the schema's
  route({ ...shared, responses, handler: async () => reply(status.ok, { ...answer, state: 'BROKEN' }) })
  // @ts-expect-error the status is not among the responses
  route({ ...shared, responses, handler: async () => reply(status.created, answer) })
  // @ts-expect-error an idempotent route answers through its transaction
  route({ ...shared, idempotent: true, responses, handler: async () => reply(status.ok, answer) })
  const keyed = { ...shared, idempotent: true, responses, handler: storeAnswer } as const
  route(keyed)
  // @ts-expect-error keys belong to a caller: a public route has none
  route({ ...keyed, permission: 'public' })
})
