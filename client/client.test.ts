import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createClient, dataOf, followEvents, isApiError, type StreamedEvent, type Tokens } from './index.ts'

/** What a client meets: a real server that answers as the test says. */
async function serve(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const answerJson = (response: ServerResponse, status: number, body: object) => {
  response.writeHead(status, { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' })
  response.end(JSON.stringify(body))
}
const problem = (status: number, code: string) => ({ status, code, detail: 'as the test says', title: code })
const readBody = async (request: IncomingMessage) => {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>)
}

/** An API whose access tokens expire when the test says so, and whose refresh tokens are used once. */
async function serveSignIn() {
  const state = { valid: 'access-1', refresh: 'refresh-1', refreshes: 0, bodies: [] as unknown[] }
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readBody(request)
    if (request.url === '/api/v1/auth/refresh') {
      state.refreshes += 1
      if (body?.['refreshToken'] !== state.refresh) return answerJson(response, 401, problem(401, 'SESSION_ENDED'))
      state.valid = `access-${state.refreshes + 1}`
      state.refresh = `refresh-${state.refreshes + 1}`
      const tokens = { accessToken: state.valid, refreshToken: state.refresh, tokenType: 'Bearer', expiresIn: 600 }
      return answerJson(response, 200, tokens)
    }
    if (request.headers.authorization !== `Bearer ${state.valid}`)
      return answerJson(response, 401, problem(401, 'TOKEN_EXPIRED'))
    state.bodies.push(body)
    answerJson(response, 200, { name: 'Ada' })
  }
  const baseUrl = await serve((request, response) => void answer(request, response))
  return { state, baseUrl }
}

test('requests that expire together refresh once, and each is sent again with its body', async () => {
  const { state, baseUrl } = await serveSignIn()
  const kept: Tokens[] = []
  const client = createClient({
    baseUrl,
    accessToken: 'expired',
    refreshToken: 'refresh-1',
    onTokens: (tokens) => kept.push(tokens),
  })
  const answers = await Promise.all([
    dataOf(client.GET('/api/v1/me')),
    dataOf(client.GET('/api/v1/organizations')),
    dataOf(client.PATCH('/api/v1/me', { body: { name: 'Ada' } })),
  ])
  expect(answers).toHaveLength(3)
  expect(state.refreshes).toBe(1)
  expect(state.bodies).toContainEqual({ name: 'Ada' })
  expect(kept).toMatchObject([{ accessToken: 'access-2', refreshToken: 'refresh-2' }])
})

test('a sign-in that has ended is told as the problem it is, after one attempt', async () => {
  const { state, baseUrl } = await serveSignIn()
  const client = createClient({ baseUrl, accessToken: 'expired', refreshToken: 'stolen' })
  const error: unknown = await dataOf(client.GET('/api/v1/me')).catch((thrown: unknown) => thrown)
  expect(isApiError(error) && error.problem.code).toBe('TOKEN_EXPIRED')
  expect(state.refreshes).toBe(1)
})

test('a proxy that answers something else is an error with words, not a crash', async () => {
  const baseUrl = await serve((_request, response) => void response.writeHead(502).end('<html>Bad Gateway</html>'))
  const error: unknown = await dataOf(createClient({ baseUrl }).GET('/api/v1/me')).catch((thrown: unknown) => thrown)
  expect(isApiError(error) && [error.status, error.problem.code]).toEqual([502, 'UNEXPECTED_ANSWER'])
})

test('a lost stream is resumed after the last event that was seen, and none is missed', async () => {
  const resumed: (string | undefined)[] = []
  const baseUrl = await serve((request, response) => {
    const after = request.headers['last-event-id']
    resumed.push(typeof after === 'string' ? after : undefined)
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    const next = Number(after ?? 0) + 1
    response.write(`retry: 1\n\n: comment\n\nid: ${next}\nevent: changed\ndata: {"n":${next}}\n\n`)
    // Cut in the middle of the following event.
    setImmediate(() => response.write(`id: ${next + 1}\ndata: {"n"`, () => response.destroy()))
  })
  const done = new AbortController()
  const seen: StreamedEvent[] = []
  await followEvents(createClient({ baseUrl }), {
    signal: done.signal,
    onEvent: (event) => {
      seen.push(event)
      if (seen.length === 3) done.abort()
    },
  })
  expect(seen.map(({ id, type, data }) => [id, type, data])).toEqual([
    ['1', 'changed', { n: 1 }],
    ['2', 'changed', { n: 2 }],
    ['3', 'changed', { n: 3 }],
  ])
  expect(resumed.slice(0, 3)).toEqual([undefined, '1', '2'])
})

test('a server that refuses is not asked again; what the reader throws is thrown', async () => {
  let asked = 0
  const refusing = await serve((_request, response) => {
    asked += 1
    answerJson(response, 403, problem(403, 'FORBIDDEN'))
  })
  await expect(followEvents(createClient({ baseUrl: refusing }), { onEvent: () => {} })).rejects.toThrow('FORBIDDEN')
  expect(asked).toBe(1)
  const streaming = await serve((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: {}\n\n')
  })
  const follow = followEvents(createClient({ baseUrl: streaming }), {
    onEvent: () => {
      throw new Error('the reader is done')
    },
  })
  await expect(follow).rejects.toThrow('the reader is done')
})

test('a server that is away is waited for', async () => {
  let attempts = 0
  const baseUrl = await serve((_request, response) => {
    attempts += 1
    if (attempts < 3) return void answerJson(response, 503, problem(503, 'STARTING'))
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: {}\n\n')
  })
  const done = new AbortController()
  const lost: unknown[] = []
  const onReconnect = (cause: unknown) => lost.push(isApiError(cause) && cause.problem.code)
  await followEvents(createClient({ baseUrl }), { signal: done.signal, onReconnect, onEvent: () => done.abort() })
  expect(lost).toEqual(['STARTING', 'STARTING'])
})
