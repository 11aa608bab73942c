import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, onTestFinished, test } from 'vitest'
import { createClient, followEvents } from './index.ts'

/** A server of one endless stream. */
async function streaming() {
  const streams: ServerResponse[] = []
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('id: 1\nevent: subscription.updated\ndata: {"n":1}\n\n')
    streams.push(response)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { client: createClient({ baseUrl: `http://127.0.0.1:${port}`, accessToken: 'x' }), streams }
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  // The flag puts this function into every new context; nothing types it.
  const collect = runInNewContext('gc') as () => void
  collect()
}

test('aborting ends the following also after the garbage of its request has been collected', async () => {
  const { client, streams } = await streaming()
  const over = new AbortController()
  const seen: unknown[] = []
  const following = followEvents(client, { signal: over.signal, onEvent: ({ data }) => void seen.push(data) })
  await expect.poll(() => seen).toEqual([{ n: 1 }])
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
  }
  over.abort()
  await following
  await expect.poll(() => streams[0]?.destroyed).toBe(true)
})

test('what the reader of an event throws ends the stream, and is thrown', async () => {
  const { client, streams } = await streaming()
  const following = followEvents(client, {
    onEvent() {
      throw new Error('cannot read this')
    },
  })
  await expect(following).rejects.toThrow('cannot read this')
  await expect.poll(() => streams[0]?.destroyed).toBe(true)
})
