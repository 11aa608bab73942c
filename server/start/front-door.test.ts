import { connect, createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { openFrontDoor } from './front-door.ts'

const config = { host: '127.0.0.1', port: 0, publicUrl: 'http://localhost:3000' }

test('a port in use is told in a sentence that names a free one to try', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  await expect(openFrontDoor({ ...config, port }, new AbortController())).rejects.toThrow(
    `Port ${port} is in use by another program: choose a free one, for example PORT=${port + 1}.`,
  )
})

test('an address that this machine does not have is told in a sentence', async () => {
  const opening = openFrontDoor({ ...config, host: '203.0.113.7' }, new AbortController())
  await expect(opening).rejects.toThrow('HOST is "203.0.113.7", but this machine has no such address')
})

test('a server that starts lives, and says that it is not ready yet instead of failing', async () => {
  const door = await openFrontDoor(config, new AbortController())
  const url = `http://127.0.0.1:${door.port}`
  expect((await fetch(`${url}/livez`)).status).toBe(200)
  const early = await fetch(`${url}/readyz`)
  expect([early.status, early.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await early.json()).toMatchObject({ code: 'STARTING' })
  door.serve((_request, response) => void response.end('ready'))
  expect(await (await fetch(`${url}/readyz`)).text()).toBe('ready')
  await Promise.all([door.close(1), door.close(1)])
  await expect(fetch(url)).rejects.toThrow()
})

test('a connection that a client opened ahead of need does not hold up the stop', async () => {
  const door = await openFrontDoor(config, new AbortController())
  const unused = connect(door.port, '127.0.0.1')
  await once(unused, 'connect')
  // The server knows of the connection once it has answered a later one.
  await fetch(`http://127.0.0.1:${door.port}/livez`)
  const closed = once(unused, 'close')
  await Promise.all([door.close(60), closed])
}, 10_000)
