import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { Database } from '../db/database.ts'
import { testDatabase, type TestDatabase } from '../test/database.ts'
import type { TestApi } from '../features/auth/testing.ts'
import { serviceSorts } from '../features/catalog/public/list.ts'
import { sorts as userSorts } from '../features/users/find-users.ts'
import { encodeId, idPrefixes, newId, type IdKind } from '../lib/ids.ts'
import { serveAllFeatures } from '../test/all-features.ts'
import { routesUnopened } from '../write-openapi.ts'
import { fullPath, type Route } from './route.ts'

/**
 * Every route, attacked through its own schema: fields that are right, wrong, huge, missing or unknown, in every
 * mixture. The answer may be anything but a 5xx, a hang or a refusal without its problem document.
 */
let own: TestDatabase
let database: Database
let api: TestApi
beforeAll(async () => {
  own = await testDatabase()
  database = own.database
  api = await serveAllFeatures(database)
})
afterAll(async () => {
  process.stderr.write(`${summaryOf(statuses)}\n`)
  await api.stop()
  await own.drop()
})

/** Of every answer: an attack that is refused at the door each time has tried nothing. */
const statuses: number[] = []

function summaryOf(answers: readonly number[]): string {
  const classes = Map.groupBy(answers, (status) => `${Math.floor(status / 100)}xx`)
  const counts = [...classes].sort().map(([name, { length }]) => `${length} × ${name}`)
  return `${answers.length} requests to ${routesUnopened().length} routes: ${counts.join(', ')}`
}

/** BERTH_TEST_FUZZ_RUNS=300 makes it a long attack. */
const runsPerRoute = Number(process.env['BERTH_TEST_FUZZ_RUNS'] ?? 60)
const hangsAfterMilliseconds = 10_000

const nastyTexts = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\u202e',
  '💥'.repeat(50),
  'x'.repeat(100_000),
  '../../etc/passwd',
  '%00',
  '${7*7}',
  "' OR 1=1; --",
  '<script>alert(1)</script>',
  '&a [*b, *b]',
  '{{constructor}}',
  '__proto__',
  'constructor',
  '-1',
  '1e309',
  'NaN',
  'null',
  '9'.repeat(400),
  '2026-02-30T25:61:00Z',
  '0000-00-00T00:00:00Z',
  'a@b',
  'sub_',
  'usr_x',
]
/** Cursors that nobody was given: those that a list takes reach its statement. */
const madeUpCursors = [
  ...['all services', 'user-sessions', 'audit', 'notifications', 'operations', 'organizations', 'subscriptions'],
  ...userSorts.map((sort) => ['users', sort]),
  ...serviceSorts,
].flatMap((name) =>
  ['a\0b', '\ud800', '-1', '9'.repeat(18), '-infinity', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999999Z']
    .concat('2026-13-45 99:99:99+99', `2026-01-01T00:00:00.${'1'.repeat(200)}Z`)
    .map((key) => Buffer.from(JSON.stringify([name, key, newId()].flat())).toString('base64url')),
)
const nasty: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(...nastyTexts, null, true, -1, 0, 1.5, 2 ** 53, 1e308, -(2 ** 31) - 1, [], {}, [[]], [null]),
  fc.string({ unit: 'binary', maxLength: 50 }),
  fc.jsonValue({ maxDepth: 3 }),
)

/** What some schema or other takes: those that a field accepts are its right values. */
const candidates = fc.oneof(
  fc.constantFrom<unknown>(
    'a',
    'abc-def',
    'a long enough secret',
    'en',
    'UTC',
    '+43 1 234',
    'body',
    'cookie',
    1,
    10,
    true,
    false,
    null,
  ),
  fc.uuid().map((id) => `${id}@example.org`),
  fc.constantFrom(...(Object.keys(idPrefixes) as IdKind[])).map((kind) => encodeId(kind, newId())),
)

function valueFor(schema: z.core.$ZodType): fc.Arbitrary<unknown> {
  const inner =
    schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault
      ? schema.unwrap()
      : schema
  if (inner instanceof z.ZodObject)
    return fc.oneof({ weight: 4, arbitrary: objectFor(inner) }, { weight: 1, arbitrary: nasty })
  if (inner instanceof z.ZodEnum) return fc.oneof(fc.constantFrom<unknown>(...inner.options), nasty)
  const accepted = (values: readonly unknown[]) => values.filter((value) => z.safeParse(schema, value).success)
  const right = accepted(fc.sample(candidates, { numRuns: 200, seed: 1 }))
  // What passes the schema and is nasty all the same is what reaches the rest.
  const dangerous = accepted([...nastyTexts, ...madeUpCursors, ...fc.sample(nasty, { numRuns: 200, seed: 2 })])
  return fc.oneof(
    { weight: right.length > 0 ? 5 : 0, arbitrary: fc.constantFrom(...right, undefined) },
    { weight: dangerous.length > 0 ? 4 : 0, arbitrary: fc.constantFrom(...dangerous, undefined) },
    { weight: 1, arbitrary: nasty },
  )
}

/** Mostly the schema's own fields, sometimes others, in an object that JSON could hold. */
function objectFor(schema: z.ZodObject): fc.Arbitrary<Record<string, unknown>> {
  const shape: z.core.$ZodShape = schema.shape
  const own = fc.record(Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, valueFor(field)])), {
    requiredKeys: [],
  })
  const strange = fc.dictionary(fc.constantFrom('__proto__', 'constructor', 'role', 'id', '\0', 'toString'), nasty, {
    maxKeys: 1,
  })
  return fc.oneof(
    { weight: 5, arbitrary: own },
    { weight: 1, arbitrary: fc.tuple(own, strange).map(([a, b]) => ({ ...a, ...b })) },
  )
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed()
const empty = fc.constant<Record<string, unknown>>({})

function requestFor(route: Route) {
  const raw = fc.constantFrom(
    '',
    '{',
    '[]',
    '"x"',
    'null',
    '{"a":1,}',
    '\0',
    `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
  )
  const body = route.body
    ? objectFor(route.body).map((value) => JSON.stringify(value))
    : fc.constantFrom('', '{}', '{"a":1}')
  return fc.record({
    params: route.params ? objectFor(route.params) : empty,
    query: route.query
      ? objectFor(route.query)
      : fc.dictionary(fc.constantFrom('limit', 'q', '__proto__'), nasty, { maxKeys: 1 }),
    body: fc.oneof({ weight: 9, arbitrary: body }, { weight: 1, arbitrary: raw }),
    type: fc.oneof(
      { weight: 9, arbitrary: fc.constant('application/json') },
      { weight: 1, arbitrary: fc.constantFrom('text/plain', 'application/json; charset=utf-7', 'x') },
    ),
    key: fc.option(fc.constantFrom('key', 'x'.repeat(300)), { freq: 3 }),
  })
}

test.each(routesUnopened().map((route) => [`${route.method} ${fullPath(route)}`, route] as const))(
  '%s',
  { timeout: 180_000 + runsPerRoute * 1_000 },
  async (_name, route) => {
    const { accessToken } = await api.signIn('ADMINISTRATOR')
    const attack = fc.asyncProperty(requestFor(route), async ({ params, query, body, type, key }) => {
      const path = fullPath(route).replaceAll(/:(\w+)/g, (_, name: string) =>
        encodeURIComponent(textOf(params[name] ?? 'x')).slice(0, 4000),
      )
      const search = new URLSearchParams(
        Object.entries(query)
          .filter(([, value]) => value !== undefined)
          .map(([name, value]): [string, string] => [name, textOf(value).slice(0, 2000)]),
      )
      const hasBody = route.method !== 'get' && body !== ''
      const response = await fetch(`${api.url}${path}?${search.toString()}`, {
        method: route.method.toUpperCase(),
        signal: AbortSignal.timeout(hangsAfterMilliseconds),
        headers: {
          Authorization: `Bearer ${accessToken}`,
          ...(hasBody && { 'Content-Type': type }),
          ...(key !== null && { 'Idempotency-Key': key }),
        },
        ...(hasBody && { body }),
      })
      statuses.push(response.status)
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
      if (isStream) return void (await response.body?.cancel())
      const text = await response.text()
      expect([response.status < 500, text.slice(0, 300)]).toEqual([true, expect.anything()])
      if (response.status >= 400)
        expect(JSON.parse(text)).toMatchObject({
          status: response.status,
          code: expect.stringMatching(/^[A-Z_]+$/) as unknown,
        })
    })
    await fc.assert(attack, { numRuns: runsPerRoute, endOnFailure: true })
  },
)
