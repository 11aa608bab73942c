/** The server as a client meets it: one simulator with a clock that stands still, spoken to over HTTP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asArray, asObjects, asString, at } from './json.ts'
import { createDrivenClock, type Simulator, startSimulator } from './index.ts'

let simulator: Simulator

beforeAll(async () => {
  simulator = await startSimulator({ nodes: 0, clock: createDrivenClock(), historyLimit: 50 })
})

afterAll(() => simulator.stop())

type Answer = { code: number; body: unknown; headers: Headers }

async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(simulator.url + path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { code: response.status, body: text.startsWith('{') ? JSON.parse(text) : text, headers: response.headers }
}

let count = 0

async function newNamespace(labels: Record<string, string> = {}): Promise<string> {
  const name = `test-${++count}`
  const { code } = await call('POST', '/api/v1/namespaces', { metadata: { name, labels } })
  expect(code).toBe(201)
  return `/api/v1/namespaces/${name}`
}

const configMap = (name: string, value = '1', labels = {}): object => ({ metadata: { name, labels }, data: { value } })
const message = (answer: Answer): string => asString(at(answer.body, 'message')) ?? ''
const version = (answer: Answer): string => asString(at(answer.body, 'metadata', 'resourceVersion')) ?? ''

describe('lists in pages', () => {
  test('pages show the moment of the first one, and 410 once that is history', async () => {
    const namespace = await newNamespace()
    for (const name of ['a', 'b', 'c', 'd', 'e']) await call('POST', `${namespace}/secrets`, { metadata: { name } })
    const first = await call('GET', `${namespace}/secrets?limit=2`)
    expect(at(first.body, 'metadata', 'remainingItemCount')).toBe(3)
    const token = asString(at(first.body, 'metadata', 'continue')) ?? ''
    await call('DELETE', `${namespace}/secrets/c`)
    const second = await call('GET', `${namespace}/secrets?limit=2&continue=${token}`)
    expect(asObjects(at(second.body, 'items')).map((each) => at(each, 'metadata', 'name'))).toEqual(['c', 'd'])
    expect(version(second)).toBe(version(first))
    const id = simulator.faults.add({ kind: 'expireHistory' })
    simulator.faults.remove(id)
    const late = await call('GET', `${namespace}/secrets?limit=2&continue=${token}`)
    expect([late.code, at(late.body, 'reason')]).toEqual([410, 'Expired'])
  })

  test('a token that is none is 400', async () => {
    expect((await call('GET', '/api/v1/configmaps?continue=nonsense')).code).toBe(400)
  })
})

type WatchEvent = { type: string; name: unknown; code: unknown }

/** Opens a watch; `next` gives its events one by one, undefined at its end. */
async function watch(path: string): Promise<{ next(): Promise<WatchEvent | undefined>; close(): Promise<void> }> {
  const response = await fetch(`${simulator.url}${path}${path.includes('?') ? '&' : '?'}watch=1`)
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let buffer = ''
  return {
    async next() {
      for (;;) {
        const end = buffer.indexOf('\n')
        if (end >= 0) {
          const event: unknown = JSON.parse(buffer.slice(0, end))
          buffer = buffer.slice(end + 1)
          return {
            type: String(at(event, 'type')),
            name: at(event, 'object', 'metadata', 'name'),
            code: at(event, 'object', 'code'),
          }
        }
        const read = await reader?.read()
        if (!read || read.done) return undefined
        buffer += read.value
      }
    },
    close: async () => reader?.cancel(),
  }
}

describe('watches', () => {
  test('an object that enters or leaves the selector is ADDED or DELETED', async () => {
    const namespace = await newNamespace()
    const list = await call('GET', `${namespace}/configmaps`)
    const stream = await watch(`${namespace}/configmaps?labelSelector=on%3Dyes&resourceVersion=${version(list)}`)
    await call('POST', `${namespace}/configmaps`, configMap('a'))
    const patch = (labels: object): Promise<Answer> =>
      call(
        'PATCH',
        `${namespace}/configmaps/a`,
        { metadata: { labels } },
        { 'content-type': 'application/merge-patch+json' },
      )
    await patch({ on: 'yes' })
    await patch({ also: 'this' })
    await patch({ on: null })
    const types = [await stream.next(), await stream.next(), await stream.next()].map((each) => each?.type)
    expect(types).toEqual(['ADDED', 'MODIFIED', 'DELETED'])
    await stream.close()
  })

  test('nothing is lost between a list and a watch from its version', async () => {
    const namespace = await newNamespace()
    const list = await call('GET', `${namespace}/configmaps`)
    for (const name of ['a', 'b', 'c']) await call('POST', `${namespace}/configmaps`, configMap(name))
    const stream = await watch(`${namespace}/configmaps?resourceVersion=${version(list)}`)
    expect([await stream.next(), await stream.next(), await stream.next()].map((each) => each?.name)).toEqual([
      'a',
      'b',
      'c',
    ])
    await stream.close()
  })

  test('a version that fell out of the history is an ERROR event of 410', async () => {
    const namespace = await newNamespace()
    const list = await call('GET', `${namespace}/configmaps`)
    for (let index = 0; index < 120; index++) await call('POST', `${namespace}/configmaps`, configMap(`n${index}`))
    const stream = await watch(`${namespace}/configmaps?resourceVersion=${version(list)}`)
    expect(await stream.next()).toEqual({ type: 'ERROR', name: undefined, code: 410 })
    expect(await stream.next()).toBeUndefined()
  })

  test('bookmarks come with time, and timeoutSeconds ends the stream', async () => {
    const { clock } = simulator
    const list = await call('GET', '/api/v1/secrets')
    const stream = await watch(
      `/api/v1/secrets?allowWatchBookmarks=true&timeoutSeconds=90&resourceVersion=${version(list)}`,
    )
    if ('advance' in clock) await clock.advance(100_000)
    expect((await stream.next())?.type).toBe('BOOKMARK')
    expect((await stream.next())?.type).toBe('BOOKMARK')
    expect(await stream.next()).toBeUndefined()
  })

  test('the fault dropWatches cuts open watches', async () => {
    const stream = await watch(`${await newNamespace()}/endpoints`)
    const id = simulator.faults.add({ kind: 'dropWatches' })
    await expect(stream.next()).rejects.toThrow()
    simulator.faults.remove(id)
  })
})

describe('writes', () => {
  test('a stale version is 409, an apply of the same does not move the version', async () => {
    const namespace = await newNamespace()
    const made = await call('POST', `${namespace}/configmaps`, configMap('a'))
    const stale = { metadata: { name: 'a', resourceVersion: version(made) }, data: { value: '2' } }
    expect((await call('PUT', `${namespace}/configmaps/a`, stale)).code).toBe(200)
    const refused = await call('PUT', `${namespace}/configmaps/a`, stale)
    expect([refused.code, at(refused.body, 'reason')]).toEqual([409, 'Conflict'])
    const apply = (): Promise<Answer> =>
      call(
        'PATCH',
        `${namespace}/configmaps/b?fieldManager=me`,
        { apiVersion: 'v1', kind: 'ConfigMap', ...configMap('b') },
        { 'content-type': 'application/apply-patch+yaml' },
      )
    const [first, second] = [await apply(), await apply()]
    expect([first.code, second.code]).toEqual([201, 200])
    expect(version(second)).toBe(version(first))
  })

  test('strict validation names each unknown field; the default warns', async () => {
    const namespace = await newNamespace()
    const pod = { metadata: { name: 'a' }, foo: 1, spec: { containers: [{ name: 'x', image: 'x', imag: 'y' }] } }
    const strict = await call('POST', `${namespace}/pods?fieldValidation=Strict`, pod)
    expect(message(strict)).toBe(
      'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "foo", unknown field "spec.containers[0].imag"',
    )
    const warned = await call('POST', `${namespace}/pods?dryRun=All`, pod)
    expect([warned.code, warned.headers.get('warning')]).toEqual([
      201,
      '299 - "unknown field \\"foo\\"", 299 - "unknown field \\"spec.containers[0].imag\\""',
    ])
    expect((await call('GET', `${namespace}/pods/a`)).code).toBe(404)
  })

  test('deletion waits for finalizers, and the last one gone is the end', async () => {
    const namespace = await newNamespace()
    await call('POST', `${namespace}/configmaps`, { metadata: { name: 'a', finalizers: ['example.com/hold'] } })
    expect(at((await call('DELETE', `${namespace}/configmaps/a`)).body, 'metadata', 'deletionTimestamp')).toBeDefined()
    expect((await call('GET', `${namespace}/configmaps/a`)).code).toBe(200)
    await call(
      'PATCH',
      `${namespace}/configmaps/a`,
      { metadata: { finalizers: null } },
      { 'content-type': 'application/merge-patch+json' },
    )
    expect((await call('GET', `${namespace}/configmaps/a`)).code).toBe(404)
  })

  test('a namespace that is ending takes nothing new', async () => {
    const namespace = await newNamespace()
    await call('POST', `${namespace}/configmaps`, { metadata: { name: 'a', finalizers: ['example.com/hold'] } })
    await call('DELETE', namespace)
    const refused = await call('POST', `${namespace}/configmaps`, configMap('b'))
    expect([refused.code, at(refused.body, 'details', 'causes', '0')]).toEqual([403, undefined])
    expect(message(refused)).toContain('because it is being terminated')
  })

  test.each([
    ['pods', { metadata: { name: 'a b' }, spec: {} }, 'spec.containers: Required value'],
    ['services', { metadata: { name: '1a' }, spec: { ports: [{ port: 1 }] } }, 'a DNS-1035 label'],
    ['configmaps', { metadata: { name: 'A' } }, 'a lowercase RFC 1123 subdomain'],
    ['configmaps', { metadata: { name: 'a' }, data: { 'a/b': 'x' } }, 'a valid config key'],
    ['persistentvolumeclaims', { metadata: { name: 'a' }, spec: {} }, 'at least 1 access mode is required'],
  ])('%s %j are refused with 422', async (resource, object, text) => {
    const refused = await call('POST', `${await newNamespace()}/${resource}`, object)
    expect(refused.code).toBe(422)
    expect(message(refused)).toContain(text)
  })

  test('what may never change is refused', async () => {
    const namespace = await newNamespace()
    const service = { metadata: { name: 'a' }, spec: { ports: [{ port: 80 }] } }
    const made = await call('POST', `${namespace}/services`, service)
    expect(at(made.body, 'spec', 'clusterIP')).toMatch(/^10\.96\./)
    const moved = await call('PUT', `${namespace}/services/a`, {
      ...service,
      spec: { ...service.spec, clusterIP: '10.96.9.9' },
    })
    expect([moved.code, message(moved)]).toEqual([
      422,
      'Service "a" is invalid: spec.clusterIPs[0]: Invalid value: ["10.96.9.9"]: may not change once set',
    ])
    await call('POST', `${namespace}/secrets`, { metadata: { name: 'a' }, immutable: true, stringData: { x: 'y' } })
    const changed = await call(
      'PATCH',
      `${namespace}/secrets/a`,
      { stringData: { x: 'z' } },
      { 'content-type': 'application/merge-patch+json' },
    )
    expect(message(changed)).toContain('field is immutable when `immutable` is set')
  })
})

describe('representations', () => {
  test('a table has the columns of kubectl', async () => {
    const table = await call('GET', '/api/v1/namespaces', undefined, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
    })
    expect(at(table.body, 'kind')).toBe('Table')
    expect(asObjects(at(table.body, 'columnDefinitions')).map((each) => each.name)).toEqual(['Name', 'Status', 'Age'])
    expect(asArray(at(asObjects(at(table.body, 'rows'))[0], 'cells'))[0]).toBe('default')
  })

  test('metadata alone', async () => {
    const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'
    const list = await call('GET', '/api/v1/namespaces', undefined, { accept })
    expect(at(list.body, 'kind')).toBe('PartialObjectMetadataList')
    expect(at(asObjects(at(list.body, 'items'))[0], 'spec')).toBeUndefined()
  })
})

describe('faults of the server', () => {
  test('an error fault ends after its count', async () => {
    const made = await call('POST', '/simulator/faults', {
      kind: 'error',
      status: 503,
      count: 2,
      match: { method: 'GET', path: '/api/v1/*' },
    })
    expect(made.code).toBe(201)
    const codes = []
    for (let index = 0; index < 3; index++) codes.push((await call('GET', '/api/v1/namespaces')).code)
    expect(codes).toEqual([503, 503, 200])
  })

  test('an unreachable server closes connections, but can still be told to come back', async () => {
    const made = await call('POST', '/simulator/faults', { kind: 'unreachable' })
    await expect(call('GET', '/api/v1/namespaces')).rejects.toThrow()
    const id = asString(at(made.body, 'id')) ?? ''
    expect((await call('DELETE', `/simulator/faults/${id}`)).code).toBe(200)
    expect((await call('GET', '/api/v1/namespaces')).code).toBe(200)
  })

  test('a fault that is none is refused', async () => {
    expect((await call('POST', '/simulator/faults', { kind: 'latency' })).code).toBe(400)
    expect((await call('POST', '/simulator/faults', { kind: 'nonsense' })).code).toBe(400)
  })
})
