import { expect } from 'vitest'
import { contract } from './cluster.ts'
import { type Watch } from './http.ts'
import { pathOf } from './namespace.ts'
import { configMap, pod } from './objects.ts'
import { eventually, expectStatus } from './observe.ts'

const mine = { labelSelector: 'app=mine' }
const labels = { app: 'mine' }

/** The events so far as `TYPE name`, once there are so many. */
async function told(watch: Watch, count: number): Promise<string[]> {
  const lines = () => watch.events.map((event) => `${event.type} ${event.object.metadata.name}`)
  try {
    await eventually(`${count} events`, () => watch.events.length >= count, 15_000)
  } catch (error) {
    throw new Error(`only: ${lines().join(', ')}`, { cause: error })
  }
  return lines()
}

contract('watch', (check) => {
  check('from the version of a list, each change arrives once and in order', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('configmaps', configMap('before', {}, { labels }))
    const list = expectStatus(await ns.get('configmaps', undefined, mine), 200)
    const watch = await ns.watch('configmaps', { ...mine, resourceVersion: list.metadata.resourceVersion })
    expect(watch.status).toBe(200)
    expect(watch.headers['content-type']).toBe('application/json')
    await ns.create('configmaps', configMap('one', { a: '1' }, { labels }))
    expectStatus(await ns.patch('merge', 'configmaps', 'one', { data: { a: '2' } }), 200)
    expectStatus(await ns.delete('configmaps', 'one'), 200)
    expect(await told(watch, 3)).toEqual(['ADDED one', 'MODIFIED one', 'DELETED one'])
    const versions = watch.events.map((event) => Number(event.object.metadata.resourceVersion))
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b))
    expect(versions[0]).toBeGreaterThan(Number(list.metadata.resourceVersion))
    expect(watch.events[0]?.object).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' })
    expect(watch.events[2]?.object.data).toEqual({ a: '2' })
    watch.close()
  })

  check('without a version, what is there comes first as ADDED', async (cluster) => {
    const ns = await cluster.namespace()
    for (const name of ['a', 'b']) await ns.create('configmaps', configMap(name, {}, { labels }))
    for (const query of [mine, { ...mine, resourceVersion: 0 }]) {
      const watch = await ns.watch('configmaps', query)
      expect((await told(watch, 2)).sort()).toEqual(['ADDED a', 'ADDED b'])
      watch.close()
    }
  })

  check('a change that was missed is told after a reconnect at the last version', async (cluster) => {
    const ns = await cluster.namespace()
    const first = await ns.watch('configmaps', mine)
    const made = await ns.create('configmaps', configMap('one', {}, { labels }))
    await told(first, 1)
    first.close()
    expectStatus(await ns.patch('merge', 'configmaps', 'one', { data: { a: '2' } }), 200)
    expectStatus(await ns.delete('configmaps', 'one'), 200)
    const second = await ns.watch('configmaps', { ...mine, resourceVersion: made.metadata.resourceVersion })
    expect(await told(second, 2)).toEqual(['MODIFIED one', 'DELETED one'])
    second.close()
  })

  check('an object that comes to match or ceases to is ADDED or DELETED', async (cluster) => {
    const ns = await cluster.namespace()
    const watch = await ns.watch('configmaps', mine)
    await ns.create('configmaps', configMap('one', { a: '1' }))
    for (const app of ['mine', 'other', 'mine']) {
      expectStatus(await ns.patch('merge', 'configmaps', 'one', { metadata: { labels: { app } } }), 200)
    }
    expect(await told(watch, 3)).toEqual(['ADDED one', 'DELETED one', 'ADDED one'])
    expect(watch.events[1]?.object.metadata.labels).toEqual({ app: 'mine' })
    watch.close()
  })

  check('field selectors narrow a watch', async (cluster) => {
    const ns = await cluster.namespace()
    const watch = await ns.watch('configmaps', { fieldSelector: 'metadata.name=one' })
    await ns.create('configmaps', configMap('other'))
    await ns.create('configmaps', configMap('one'))
    await ns.delete('configmaps', 'one')
    expect(await told(watch, 2)).toEqual(['ADDED one', 'DELETED one'])
    watch.close()
  })

  check('a graceful deletion is MODIFIED first, DELETED at the end', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('configmaps', configMap('one', {}, { labels, finalizers: ['contract.example/held'] }))
    const watch = await ns.watch('configmaps', mine)
    await ns.delete('configmaps', 'one')
    expectStatus(await ns.patch('merge', 'configmaps', 'one', { metadata: { finalizers: null } }), 200)
    expect(await told(watch, 3)).toEqual(['ADDED one', 'MODIFIED one', 'DELETED one'])
    expect(watch.events[1]?.object.metadata.deletionTimestamp).toBeDefined()
    watch.close()
  })

  check('a watch over all namespaces and one of one namespace tell the same', async (cluster) => {
    const ns = await cluster.namespace()
    const label = { labelSelector: `run=${ns.name}` }
    const everywhere = await cluster.watch(pathOf('configmaps'), label)
    const here = await ns.watch('configmaps', label)
    await ns.create('configmaps', configMap('one', {}, { labels: { run: ns.name } }))
    await ns.delete('configmaps', 'one')
    expect(await told(everywhere, 2)).toEqual(await told(here, 2))
    everywhere.close()
    here.close()
  })

  check('timeoutSeconds ends a watch cleanly, with a bookmark before when asked for', async (cluster) => {
    const ns = await cluster.namespace()
    const { metadata } = expectStatus(await ns.get('configmaps'), 200)
    const query = { resourceVersion: metadata.resourceVersion, timeoutSeconds: 4 }
    const marked = await ns.watch('configmaps', { ...query, allowWatchBookmarks: true })
    const plain = await ns.watch('configmaps', query)
    await Promise.all([marked.ended, plain.ended])
    expect(plain.events.filter((event) => event.type === 'BOOKMARK')).toEqual([])
    const bookmark = marked.events.findLast((event) => event.type === 'BOOKMARK')
    expect(bookmark?.object).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' })
    expect(Number(bookmark?.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(metadata.resourceVersion))
  })

  check('a streamed list is followed by the bookmark that ends it', async (cluster) => {
    const ns = await cluster.namespace()
    for (const name of ['a', 'b']) await ns.create('configmaps', configMap(name, {}, { labels }))
    const watch = await ns.watch('configmaps', {
      ...mine,
      sendInitialEvents: true,
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: true,
    })
    await told(watch, 3)
    expect(watch.events.map((event) => event.type)).toEqual(['ADDED', 'ADDED', 'BOOKMARK'])
    expect(watch.events[2]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
    await ns.create('configmaps', configMap('c', {}, { labels }))
    await eventually('the later one', () => watch.events.some((event) => event.object.metadata.name === 'c'))
    watch.close()
  })

  check('a streamed list without its companions is refused', async (cluster) => {
    const ns = await cluster.namespace()
    const watch = await ns.watch('configmaps', { sendInitialEvents: true })
    watch.close()
    expect(watch.status).toBe(422)
  })

  check('a version from before the kept history is Expired', async (cluster) => {
    const ns = await cluster.namespace()
    const watch = await ns.watch('configmaps', { resourceVersion: 1 })
    await eventually('the error', () => watch.events.length > 0)
    expect(watch.status).toBe(200)
    expect(watch.events).toEqual([
      {
        type: 'ERROR',
        object: {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          message: expect.stringMatching(/^too old resource version: 1 \(\d+\)$/) as string,
          reason: 'Expired',
          code: 410,
        },
      },
    ])
    await watch.ended
  })

  check('a version that is no number is refused', async (cluster) => {
    const ns = await cluster.namespace()
    const answer = await ns.get('configmaps', undefined, { watch: true, resourceVersion: 'abc' })
    expect(answer.body).toMatchObject({
      kind: 'Status',
      code: 500,
      message: expect.stringContaining('"abc"') as string,
    })
    const list = await ns.get('configmaps', undefined, { resourceVersion: 'abc' })
    expect(list.body).toMatchObject({ kind: 'Status', code: 400, reason: 'BadRequest' })
  })

  check('a table can be watched; only its first event has the columns', async (cluster) => {
    const ns = await cluster.namespace()
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
    const watch = await cluster.watch(ns.path('pods'), {}, { accept })
    for (const name of ['a', 'b']) await ns.create('pods', pod(name, { schedulerName: 'nobody' }))
    await eventually('two events', () => watch.events.length >= 2)
    expect(watch.events[0]?.object).toMatchObject({
      kind: 'Table',
      rows: [{ cells: expect.arrayContaining(['a']) as unknown }],
    })
    expect(watch.events[0]?.object.columnDefinitions?.[0]).toMatchObject({ name: 'Name' })
    expect(watch.events[1]?.object.columnDefinitions ?? []).toEqual([])
    watch.close()
  })

  check('metadata alone can be watched', async (cluster) => {
    const ns = await cluster.namespace()
    const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'
    const watch = await cluster.watch(ns.path('configmaps'), mine, { accept })
    await ns.create('configmaps', configMap('one', { a: '1' }, { labels }))
    await told(watch, 1)
    expect(watch.events[0]?.object).toMatchObject({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' })
    expect(watch.events[0]?.object).not.toHaveProperty('data')
    watch.close()
  })
})
