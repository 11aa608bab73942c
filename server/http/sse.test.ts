import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { route } from './route.ts'
import { eventStream, type EventStream } from './sse.ts'
import { status } from './status.ts'
import { serveRoutes, type TestServer } from './testing.ts'

const caller = {
  userId: 'u',
  role: 'USER',
  credential: { kind: 'session', sessionId: 's' },
  organizationId: 'o',
  organizationIds: ['o'],
  requestId: 'r',
  ipAddress: '::1',
} as const

let server: TestServer | undefined
afterEach(() => server?.stop())

/** A server with one stream; `opened` are those that began. */
async function serveStream({ heartbeatSeconds = 15 } = {}) {
  const opened: EventStream[] = []
  const right = { taken: false }
  const events = route({
    method: 'get',
    path: '/events',
    permission: 'user',
    summary: 'Events',
    tags: ['Events'],
    query: z.object({}),
    stream: true,
    responses: { [status.ok]: { description: 'A stream', contentType: 'text/event-stream' } },
    handler: async ({ request, response }) => {
      const stream = eventStream(response, request, { heartbeatSeconds })
      opened.push(stream)
      await stream.closed
    },
  })
  server = await serveRoutes([events], {
    authentication: { authenticate: async () => caller, stillPermitted: async () => !right.taken },
    idempotency: { run: () => Promise.reject(new Error('unused')), removeExpired: async () => 0 },
    streamPermissionSeconds: 0.02,
  })
  const path = `${server.url}/api/v1/events`
  return { server, opened, right, path }
}

async function readUntil(response: Response, text: string): Promise<string> {
  let read = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    read += chunk
    if (read.includes(text)) return read
  }
  throw new Error(`the stream ended before ${text}: ${read}`)
}

const ended = async (response: Response) => response.text()

test('events carry their id and name, and a reader says where to resume', async () => {
  const { path, opened } = await serveStream()
  const response = await fetch(path, { headers: { 'Last-Event-ID': '41' } })
  await expect.poll(() => opened.length).toBe(1)
  expect(opened[0]?.lastEventId).toBe('41')
  await opened[0]?.send({ id: '42', event: 'changed', data: { text: 'two\nlines' } })
  expect(await readUntil(response, '"}\n\n')).toContain('id: 42\nevent: changed\ndata: {"text":"two\\nlines"}\n\n')
})

test('a quiet stream is kept open by comments', async () => {
  const { path } = await serveStream({ heartbeatSeconds: 0.02 })
  await readUntil(await fetch(path), ': still here\n\n: still here')
})

test('a stream ends when the right to read is taken back', async () => {
  const { path, opened, right } = await serveStream()
  const response = await fetch(path)
  await expect.poll(() => opened.length).toBe(1)
  right.taken = true
  await ended(response)
  expect(opened[0]?.signal.aborted).toBe(true)
})

test('stopping the server ends its streams at once and forgets nobody', async () => {
  const { path, opened, server: running } = await serveStream()
  const responses = await Promise.all([fetch(path), fetch(path)])
  await expect.poll(() => opened.length).toBe(2)
  const began = performance.now()
  await running.stop()
  await Promise.all(responses.map(ended))
  expect(performance.now() - began).toBeLessThan(900)
  await expect(fetch(path)).rejects.toThrow()
})

test('a reader that goes away ends its stream', async () => {
  const { path, opened } = await serveStream()
  const gone = new AbortController()
  await fetch(path, { signal: gone.signal })
  await expect.poll(() => opened.length).toBe(1)
  gone.abort()
  await opened[0]?.closed
})

test('a slow reader slows its writer instead of filling the memory', async () => {
  const { server: running, opened } = await serveStream()
  const socket = connect(Number(new URL(running.url).port), '127.0.0.1')
  await once(socket, 'connect')
  socket.pause()
  socket.write('GET /api/v1/events HTTP/1.1\r\nHost: x\r\n\r\n')
  await expect.poll(() => opened.length).toBe(1)
  let sent = 0
  const writing = (async () => {
    for (; sent < 4000; sent += 1) await opened[0]?.send({ data: 'x'.repeat(10_000) })
  })()
  let before = -1
  await expect.poll(() => [sent > 0 && sent === before, (before = sent)][0], { interval: 100 }).toBe(true)
  expect(sent).toBeLessThan(4000)
  socket.resume()
  await writing
  socket.destroy()
})
