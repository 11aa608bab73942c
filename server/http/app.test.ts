import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { conflict } from '../lib/errors.ts'
import { createCursor, limit, pageOf, toPage } from './page.ts'
import { reply, route } from './route.ts'
import { bytes, idParam, money, time } from './schemas.ts'
import { status } from './status.ts'
import { listen } from './server.ts'
import { serveRoutes, type TestServer } from './testing.ts'

const shared = { permission: 'public', summary: 'A thing', tags: ['Things'] } as const
const id = 'sub_01931f2e-5a7c-7b3d-9e21-6c0f8a4d2b10'
const thing = z.object({ id: idParam('subscription'), at: time, size: bytes, price: money, gone: time.nullable() })
const cursor = createCursor(z.tuple([z.literal('things'), z.int()]))

const routes = [
  route({
    ...shared,
    method: 'get',
    path: '/things/:thingId',
    params: z.object({ thingId: idParam('subscription') }),
    responses: { [status.ok]: { description: 'It', schema: thing } },
    handler: async ({ params }) => {
      const price = { amount: 1999n, currency: 'EUR' }
      const answer = { id: params.thingId, at: new Date(0), size: 5n, price, gone: null, internal: 'never shown' }
      return reply(status.ok, answer, { ETag: '"v3"' })
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/things/count',
    responses: { [status.ok]: { description: 'How many', schema: z.object({ count: z.int() }) } },
    handler: async () => reply(status.ok, { count: 3 }),
  }),
  route({
    ...shared,
    method: 'get',
    path: '/things',
    query: z.object({ limit, cursor: cursor.schema.optional() }),
    responses: { [status.ok]: { description: 'Them', schema: pageOf(z.int()) } },
    handler: async ({ query }) => {
      const from = query.cursor?.[1] ?? 0
      const rows = [1, 2, 3, 4, 5].filter((row) => row > from).slice(0, query.limit + 1)
      return reply(
        status.ok,
        toPage(rows, query.limit, (last) => cursor.write(['things', last])),
      )
    },
  }),
  route({
    ...shared,
    method: 'patch',
    path: '/things',
    body: z.object({ name: z.string() }),
    responses: { [status.noContent]: { description: 'Changed' } },
    handler: async () => reply(status.noContent),
  }),
  route({
    ...shared,
    method: 'post',
    path: '/things',
    body: z.object({ name: z.string().max(10), price: money.optional() }),
    responses: { [status.created]: { description: 'Made', schema: z.object({ name: z.string() }) } },
    handler: async ({ body }) => reply(status.created, { name: body.name }),
  }),
  route({
    ...shared,
    method: 'post',
    path: '/things/break',
    responses: { [status.noContent]: { description: 'Never' } },
    handler: async () => {
      throw new Error('secret detail of the database')
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: '/things/refuse',
    responses: { [status.noContent]: { description: 'Never' } },
    handler: async () => {
      throw conflict('STATE_CONFLICT', 'It is RUNNING: stop it first.', { extensions: { state: 'RUNNING' } })
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/things/lie',
    responses: { [status.ok]: { description: 'Never', schema: z.object({ size: bytes }) } },
    handler: async () => reply(status.ok, { size: 2n ** 60n }),
  }),
]

let server: TestServer
beforeAll(async () => {
  server = await serveRoutes(routes, {
    authentication: { authenticate: async () => undefined, stillPermitted: async () => false },
    idempotency: { run: () => Promise.reject(new Error('unused')), removeExpired: async () => 0 },
    readiness: async () => [{ name: 'database', ready: false, reason: 'it does not answer' }],
  })
})
afterAll(() => server.stop())

const problem = (code: string, expected: number) => ({
  type: `http://berth.test/problems/${code.toLowerCase().replaceAll('_', '-')}`,
  status: expected,
  code,
  requestId: expect.stringMatching(/.{8}/) as unknown,
})

describe('answers', () => {
  test('ids, times, bytes and money are written by their codecs, and unnamed fields never leave', async () => {
    const { body, headers } = await server.send('GET', `/api/v1/things/${id}`)
    expect(body).toEqual({
      id,
      at: '1970-01-01T00:00:00.000Z',
      size: 5,
      price: { amount: 1999, currency: 'EUR' },
      gone: null,
    })
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-powered-by')).toBeNull()
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('who has the present version gets 304 and no body', async () => {
    const known = await server.send('GET', `/api/v1/things/${id}`, { headers: { 'If-None-Match': '"v2", W/"v3"' } })
    expect([known.status, known.text]).toEqual([304, ''])
    const old = await server.send('GET', `/api/v1/things/${id}`, { headers: { 'If-None-Match': '"v2"' } })
    expect(old.status).toBe(200)
  })

  test('a literal path wins over a parameter, whichever was defined first', async () => {
    expect((await server.send('GET', '/api/v1/things/count')).body).toEqual({ count: 3 })
  })

  test('following the Link headers visits every row once', async () => {
    const seen: unknown[] = []
    for (let path: string | undefined = '/api/v1/things?limit=2'; path !== undefined;) {
      const { body, headers } = await server.send('GET', path)
      seen.push(...z.object({ data: z.array(z.unknown()) }).parse(body).data)
      path = /<(.+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1]
    }
    expect(seen).toEqual([1, 2, 3, 4, 5])
  })
})

describe('problems', () => {
  test.each([
    [
      'an id of another kind',
      'GET',
      '/api/v1/things/usr_01931f2e-5a7c-7b3d-9e21-6c0f8a4d2b10',
      {},
      'INVALID_REQUEST',
      400,
    ],
    ['a path that is not well formed', 'GET', '/api/v1/things/%ff', {}, 'MALFORMED_REQUEST', 400],
    ['a limit beyond the maximum', 'GET', '/api/v1/things?limit=101', {}, 'INVALID_REQUEST', 400],
    ['a limit that is no number', 'GET', '/api/v1/things?limit=1e1', {}, 'INVALID_REQUEST', 400],
    ['a parameter given twice', 'GET', '/api/v1/things?limit=1&limit=2', {}, 'INVALID_REQUEST', 400],
    ['an unknown query parameter', 'GET', '/api/v1/things?lmit=1', {}, 'INVALID_REQUEST', 400],
    ['a forged cursor', 'GET', '/api/v1/things?cursor=WyJvdGhlciIsMV0', {}, 'INVALID_REQUEST', 400],
    ['an absent body', 'POST', '/api/v1/things', {}, 'INVALID_REQUEST', 400],
    ['a body that is an array', 'POST', '/api/v1/things', { raw: '[]' }, 'INVALID_REQUEST', 400],
    ['a body that is a text', 'POST', '/api/v1/things', { raw: '"x"' }, 'INVALID_REQUEST', 400],
    ['an array where nothing is expected', 'POST', '/api/v1/things/refuse', { raw: '[]' }, 'INVALID_REQUEST', 400],
    ['a body that is no JSON', 'POST', '/api/v1/things', { raw: '{"name"' }, 'MALFORMED_REQUEST', 400],
    ['NUL in a text', 'POST', '/api/v1/things', { body: { name: 'a\0' } }, 'INVALID_REQUEST', 400],
    ['half a surrogate pair', 'POST', '/api/v1/things', { raw: '{"name":"\\ud800"}' }, 'INVALID_REQUEST', 400],
    [
      'prototype pollution',
      'POST',
      '/api/v1/things',
      { raw: '{"name":"a","__proto__":{"b":1}}' },
      'INVALID_REQUEST',
      400,
    ],
    [
      'a body as deep as it is long',
      'POST',
      '/api/v1/things',
      { raw: `{"name":${'['.repeat(2e5)}${']'.repeat(2e5)}}` },
      'INVALID_REQUEST',
      400,
    ],
    ['a body of two megabytes', 'POST', '/api/v1/things', { body: { name: 'x'.repeat(2e6) } }, 'BODY_TOO_LARGE', 413],
    [
      'another media type',
      'POST',
      '/api/v1/things',
      { raw: 'a=1', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
      'UNSUPPORTED_MEDIA_TYPE',
      415,
    ],
    [
      'an unknown encoding',
      'POST',
      '/api/v1/things',
      { raw: '{}', headers: { 'Content-Encoding': 'compress' } },
      'UNSUPPORTED_MEDIA_TYPE',
      415,
    ],
    [
      'a body where none is expected',
      'POST',
      '/api/v1/things/refuse',
      { body: { force: true } },
      'INVALID_REQUEST',
      400,
    ],
    ['a path that leads nowhere', 'GET', '/api/v1/nothing', {}, 'ROUTE_NOT_FOUND', 404],
    ['a method that is not offered', 'DELETE', '/api/v1/things', {}, 'METHOD_NOT_ALLOWED', 405],
    ['a state that does not allow it', 'POST', '/api/v1/things/refuse', {}, 'STATE_CONFLICT', 409],
  ] as const)('%s', async (_hazard, method, path, options, code, expected) => {
    const answer = await server.send(method, path, options)
    expect(answer.status).toBe(expected)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(answer.body).toMatchObject(problem(code, expected))
  })

  test('each wrong field is pointed at, unknown ones at every depth', async () => {
    const price = { amount: 1.5, currency: 'EUR', vat: 20 }
    const { body } = await server.send('POST', '/api/v1/things', { body: { name: 'much too long', price, 'a/b~': 1 } })
    const { errors } = z.object({ errors: z.array(z.object({ pointer: z.string() })) }).parse(body)
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(['/a~1b~0', '/name', '/price/amount', '/price/vat'])
  })

  test('405 names what is allowed', async () => {
    const { headers } = await server.send('DELETE', '/api/v1/things')
    expect(headers.get('allow')).toBe('GET, HEAD, OPTIONS, PATCH, POST')
    expect((await server.send('OPTIONS', '/api/v1/things')).status).toBe(204)
  })

  test('a defect answers 500 without a word of its cause, which is logged under the same request id', async () => {
    const { body, text } = await server.send('POST', '/api/v1/things/break', {
      headers: { 'X-Request-Id': 'trace-12345678' },
    })
    expect(body).toMatchObject({ ...problem('INTERNAL', 500), requestId: 'trace-12345678' })
    expect(text).not.toContain('secret')
    const line = server.logged.find(({ msg, requestId }) => msg === 'request failed' && requestId === 'trace-12345678')
    expect(JSON.stringify(line)).toContain('secret detail of the database')
  })

  test('an answer that breaks its own schema is a defect, not a wrong number', async () => {
    expect((await server.send('GET', '/api/v1/things/lie')).body).toMatchObject(problem('INTERNAL', 500))
  })

  test('extensions of a failure stand in the document', async () => {
    expect((await server.send('POST', '/api/v1/things/refuse')).body).toMatchObject({ state: 'RUNNING' })
  })

  test.each([
    ['[]', 'a JSON object is expected in the body, and it is a list'],
    ['"x"', 'a JSON object is expected in the body, and it is a string'],
    ['null', 'a JSON object is expected in the body, and it is null'],
    [undefined, 'a JSON object is expected in the body, and it is absent'],
    ['{', 'The body is not well-formed JSON.'],
  ])('the body %s is called what it is', async (raw, sentence) => {
    const { body } = await server.send('POST', '/api/v1/things', raw === undefined ? {} : { raw })
    expect(body).toMatchObject({ detail: expect.stringContaining(sentence) as string })
  })

  test.each([
    ['PATCH', 'application/json or application/merge-patch+json'],
    ['POST', 'application/json'],
  ])('%s says which media types it reads', async (method, types) => {
    const options = { raw: 'a: 1', headers: { 'Content-Type': 'application/yaml' } }
    const { body } = await server.send(method, '/api/v1/things', options)
    expect(body).toMatchObject({ detail: `The body is not JSON: send Content-Type: ${types}.` })
  })

  test.each([
    ['operation', 'an operation'],
    ['subscription', 'a subscription'],
    ['accessToken', 'an access token'],
  ] as const)('the id of another kind than %s is told in words', (kind, words) => {
    const { error } = idParam(kind).safeDecode('nothing')
    expect(error?.issues[0]?.message).toContain(`is not the id of ${words}: it starts with`)
  })

  test('a client that does not finish its headers is told that it was too slow', async () => {
    const shutdown = new AbortController()
    const app = () => expect.unreachable('the request never arrived')
    const slow = await listen({
      ...{ app, host: '127.0.0.1', port: 0, shutdown, problemBase: 'http://berth.test/problems' },
      headersMilliseconds: 100,
    })
    const socket = connect(slow.port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: berth.test\r\n')
    const answer = await text(socket)
    await slow.stop(1)
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
    expect(answer).toContain('"code":"REQUEST_TIMEOUT"')
  })

  test('headers beyond all measure still get a problem document', async () => {
    const { status: code, body } = await server.send('GET', '/x'.repeat(20_000))
    expect([code, body]).toEqual([431, expect.objectContaining({ code: 'HEADERS_TOO_LARGE' })])
  })
})

describe('the process about itself', () => {
  test('/readyz names what is not ready', async () => {
    const { status: code, body } = await server.send('GET', '/readyz')
    expect(code).toBe(503)
    expect(body).toMatchObject({ parts: [{ name: 'database', ready: false, reason: 'it does not answer' }] })
    expect((await server.send('GET', '/livez')).status).toBe(200)
  })

  test('/metrics counts by pattern, never by path', async () => {
    await server.send('GET', `/api/v1/things/${id}`)
    const { text } = await server.send('GET', '/metrics')
    expect(text).toContain(
      'berth_http_request_duration_seconds_count{method="GET",route="/api/v1/things/:thingId",status="200"}',
    )
    expect(text).not.toContain(id)
  })

  test('access lines carry neither the query nor the path', async () => {
    await server.send('GET', '/api/v1/things?limit=7')
    await expect.poll(() => server.logged.some(({ route }) => route === '/api/v1/things')).toBe(true)
    expect(JSON.stringify(server.logged)).not.toContain('limit=7')
  })

  test('an insane request id is replaced', async () => {
    const { headers } = await server.send('GET', '/livez', { headers: { 'X-Request-Id': 'a b"c<script>' } })
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('the documentation page loads nothing from anywhere else', async () => {
    const { text, headers } = await server.send('GET', '/docs')
    expect(headers.get('content-security-policy')).toContain("script-src 'self'")
    const parts = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? '')
    expect(parts.length).toBeGreaterThan(3)
    for (const part of parts) expect([part, (await server.send('GET', part)).status]).toEqual([part, 200])
  })
})

test('a request schema that would drop nested fields in silence does not start', async () => {
  const careless = route({
    ...shared,
    method: 'post',
    path: '/careless',
    body: z.object({ nested: z.object({ a: z.string() }).optional() }),
    responses: { [status.noContent]: { description: 'Never' } },
    handler: async () => reply(status.noContent),
  })
  await expect(
    serveRoutes([careless], {
      authentication: { authenticate: async () => undefined, stillPermitted: async () => false },
      idempotency: { run: () => Promise.reject(new Error('unused')), removeExpired: async () => 0 },
    }),
  ).rejects.toThrow('"nested" would drop unknown fields in silence')
})
