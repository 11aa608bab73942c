import { expect, test } from 'vitest'
import { z } from 'zod'
import { createOpenApi } from './openapi.ts'
import { reply, route, type Route } from './route.ts'
import { status } from './status.ts'

/** Asks with one schema and answers with the other. */
const exchanging = (path: string, body: z.ZodObject, answer: z.ZodObject): Route =>
  route({
    method: 'post',
    path,
    permission: 'user',
    summary: 'Exchanges',
    tags: ['Things'],
    body,
    responses: { [status.ok]: { description: 'The other one', schema: answer } },
    handler: async () => reply(status.ok, {}),
  })
const thing = (field: string) => z.object({ [field]: z.string() }).meta({ id: 'Thing' })
const nothing = z.object({})

test.each([
  ['a request and its answer', [exchanging('/a', thing('asked'), thing('answered'))]],
  ['the answers of two routes', [exchanging('/a', nothing, thing('a')), exchanging('/b', nothing, thing('b'))]],
  ['the requests of two routes', [exchanging('/a', thing('a'), nothing), exchanging('/b', thing('b'), nothing)]],
  ['two parts of one answer', [exchanging('/a', nothing, z.object({ one: thing('one'), other: thing('other') }))]],
])('%s cannot have one name in the document, whichever comes first', (_where, routes) => {
  for (const order of [routes, [...routes].reverse()])
    expect(() => createOpenApi(order)).toThrow(/two schemas are called Thing|Duplicate schema id "Thing"/)
})

test('one schema that is asked for and answered keeps its name', () => {
  const shared = thing('shared')
  const { components } = createOpenApi([exchanging('/a', shared, shared), exchanging('/b', shared, nothing)])
  expect(Object.keys(components?.schemas ?? {}).sort()).toEqual(['Problem', 'Thing'])
})

test('a public operation says that it needs no security, so that no viewer shows a lock', () => {
  const guarded = exchanging('/a', nothing, nothing)
  const open = { ...exchanging('/b', nothing, nothing), permission: 'public' as const }
  const { paths } = createOpenApi([guarded, open])
  expect(paths?.['/api/v1/a']?.post?.security).toEqual([{ accessToken: [] }])
  expect(paths?.['/api/v1/b']?.post?.security).toEqual([])
})
