import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubernetesTargets, onlyOn, until, type TestCluster } from '../test/kubernetes.ts'
import { createLog } from '../lib/log.ts'
import { createKubeClient, type KubeClient } from './client.ts'
import { isKubeError } from './errors.ts'
import type { KubeObject } from './object.ts'
import type { Watch } from './watch.ts'

const configMap = { apiVersion: 'v1', kind: 'ConfigMap' }

/** Watches one test's config maps, keeps `name=value` of each, and writes down what happens. */
function record(client: KubeClient, mark: string, idleMilliseconds?: number) {
  const seen: string[] = []
  const downs: unknown[] = []
  const lists: string[][] = []
  const watch: Watch = client.watch(
    configMap,
    {
      labelSelector: `mark=${mark}`,
      project: nameAndValue,
      ...(idleMilliseconds !== undefined && { idleMilliseconds }),
    },
    {
      onEvent: ({ type, object }) => seen.push(`${type} ${object}`),
      onSynced: (all) => lists.push([...all.values()].sort()),
      onUp: () => seen.push('up'),
      onDown: (error) => {
        seen.push('down')
        downs.push(error)
      },
    },
  )
  const has = (entry: string, seconds?: number) =>
    until(`“${entry}” among ${seen.join(', ')}`, () => seen.includes(entry), seconds)
  const count = (entry: string) => seen.filter((one) => one === entry).length
  return { seen, lists, downs, has, count, stop: () => watch.stop() }
}

const nameAndValue = ({ metadata, data }: KubeObject) => `${metadata.name}=${(data as { value: string }).value}`

describe.each(kubernetesTargets())('a watch on the $name', ({ start }) => {
  let cluster: TestCluster
  let namespace: string
  beforeAll(async () => {
    cluster = await start()
    namespace = await cluster.createNamespace()
  })
  afterAll(() => cluster.stop())

  const marked = (mark: string) => {
    const object = (name: string, value: string) => ({
      ...configMap,
      metadata: { name: `${name}-${mark}`, namespace, labels: { mark } },
      data: { value },
    })
    return {
      put: (name: string, value: string) => cluster.client.apply(object(name, value)),
      remove: (name: string) => cluster.client.delete({ ...configMap, name: `${name}-${mark}`, namespace }),
      line: (type: string, name: string, value: string) => `${type} ${name}-${mark}=${value}`,
    }
  }
  const newMark = () => randomUUID().slice(0, 8)

  test('tells what is there, then each change, in order and once', async () => {
    const mark = newMark()
    const { put, remove, line } = marked(mark)
    await put('a', '1')
    const watch = record(cluster.client, mark)
    await watch.has('up')
    await put('b', '1')
    await put('a', '2')
    await remove('b')
    await watch.has(line('DELETED', 'b', '1'))
    expect(watch.seen).toEqual([
      line('ADDED', 'a', '1'),
      'up',
      line('ADDED', 'b', '1'),
      line('MODIFIED', 'a', '2'),
      line('DELETED', 'b', '1'),
    ])
    expect(watch.lists).toEqual([[`a-${mark}=1`]])
    watch.stop()
  })

  test('a cut connection is not an outage: nothing is missed, nothing told twice, nobody alarmed', async () => {
    const mark = newMark()
    const { put, line } = marked(mark)
    const { client, link } = await cluster.openLinkedClient()
    const watch = record(client, mark)
    await watch.has('up')
    await put('a', '1')
    await watch.has(line('ADDED', 'a', '1'))
    link.cut()
    await put('a', '2')
    await put('b', '1')
    await watch.has(line('ADDED', 'b', '1'))
    expect(watch.seen).toEqual(['up', line('ADDED', 'a', '1'), line('MODIFIED', 'a', '2'), line('ADDED', 'b', '1')])
    watch.stop()
  })

  test('a dead server: said once, and all that happened meanwhile is told when it is back, deletions too', async () => {
    const mark = newMark()
    const { put, remove, line } = marked(mark)
    const { client, link } = await cluster.openLinkedClient()
    await put('gone', '1')
    await put('same', '1')
    const watch = record(client, mark)
    await watch.has('up')
    const before = link.attempts()
    link.refuse()
    await watch.has('down')
    await remove('gone')
    await put('new', '1')
    await until('it asks as rarely as it ever will', () => link.attempts() >= before + 7)
    link.accept()
    const back = performance.now()
    await watch.has(line('DELETED', 'gone', '1'))
    await watch.has(line('ADDED', 'new', '1'))
    await until('it is up again', () => watch.count('up') === 2)
    expect(performance.now() - back).toBeLessThan(4_000)
    expect(watch.count('down')).toBe(1)
    expect(watch.count(line('ADDED', 'same', '1'))).toBe(1)
    expect(watch.downs.every((error) => isKubeError(error) && error.kind === 'unreachable')).toBe(true)
    watch.stop()
  })

  test('a line that went silent is given up, although it never broke', async () => {
    const mark = newMark()
    const { put, line } = marked(mark)
    const { client, link } = await cluster.openLinkedClient()
    const watch = record(client, mark, 1_500)
    await watch.has('up')
    const before = link.attempts()
    link.freeze()
    await put('a', '1')
    await until('it tries another connection', () => link.attempts() > before)
    link.thaw()
    await watch.has(line('ADDED', 'a', '1'))
    watch.stop()
  })

  test('a refused token is read again from its file, which somebody renews', async () => {
    if (!onlyOn(cluster, 'real cluster', 'the simulator asks for no credentials.')) return
    const mark = newMark()
    const folder = mkdtempSync(join(tmpdir(), 'berth-token-'))
    const kubeconfigFile = join(folder, 'kubeconfig')
    const valid = readFileSync(cluster.kubeconfigFile, 'utf8')
    writeFileSync(kubeconfigFile, valid.replace(/token: .*/, 'token: expired'))
    const client = createKubeClient({ kubeconfigFile }, { log: createLog('silent') })
    const watch = record(client, mark)
    await watch.has('down')
    expect(watch.downs[0]).toMatchObject({ kind: 'unauthorized', status: 401 })
    writeFileSync(kubeconfigFile, valid)
    await watch.has('up')
    client.close()
    rmSync(folder, { recursive: true })
  })

  test('events that the server forgot are made up for by a list', async () => {
    const { simulator } = cluster
    if (!simulator || !onlyOn(cluster, 'simulator', 'a real API server cannot be told to forget.')) return
    const mark = newMark()
    const { put, remove, line } = marked(mark)
    const { client, link } = await cluster.openLinkedClient()
    await put('gone', '1')
    const watch = record(client, mark)
    await watch.has('up')
    link.refuse()
    await watch.has('down')
    await remove('gone')
    await put('new', '1')
    const fault = simulator.faults.add({ kind: 'expireHistory' })
    link.accept()
    await watch.has(line('ADDED', 'new', '1'))
    simulator.faults.remove(fault)
    await until('it is up again', () => watch.count('up') >= 2)
    expect(watch.seen).toContain(line('DELETED', 'gone', '1'))
    watch.stop()
  })

  test('a server that drops every watch is still followed, by listing', async () => {
    const { simulator } = cluster
    if (!simulator || !onlyOn(cluster, 'simulator', 'a real API server cannot be told to drop watches.')) return
    const mark = newMark()
    const { put, line } = marked(mark)
    const watch = record(cluster.client, mark)
    await watch.has('up')
    const fault = simulator.faults.add({ kind: 'dropWatches', afterMilliseconds: 0 })
    await watch.has('down')
    await put('a', '1')
    await watch.has(line('ADDED', 'a', '1'), 30)
    simulator.faults.remove(fault)
    await until('it is up again', () => watch.count('up') === 2, 30)
    watch.stop()
  })

  test('a handler that throws does not end it', async () => {
    const mark = newMark()
    const { put } = marked(mark)
    const seen: string[] = []
    const watch = cluster.client.watch(
      configMap,
      { labelSelector: `mark=${mark}`, project: nameAndValue },
      {
        onEvent: ({ object }) => {
          seen.push(object)
          throw new Error('on purpose')
        },
      },
    )
    await put('a', '1')
    await put('b', '1')
    await until('both are seen', () => seen.length === 2)
    watch.stop()
  })

  test('after stop nothing is told', async () => {
    const mark = newMark()
    const { put, line } = marked(mark)
    const stopped = record(cluster.client, mark)
    const other = record(cluster.client, mark)
    await stopped.has('up')
    await other.has('up')
    stopped.stop()
    await put('a', '1')
    await other.has(line('ADDED', 'a', '1'))
    expect(stopped.seen).toEqual(['up'])
    other.stop()
  })
})
