import { expect } from 'vitest'
import { type Cluster, contract } from './cluster.ts'
import { type Namespace, pathOf } from './namespace.ts'
import { configMap, deployment, pod } from './objects.ts'
import { expectStatus } from './observe.ts'

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'

/** A namespace with config maps a to e; their label `n` counts from 1, `odd` is there on the odd ones. */
async function fiveMaps(cluster: Cluster): Promise<Namespace> {
  const ns = await cluster.namespace()
  for (const [index, name] of ['e', 'c', 'a', 'd', 'b'].entries()) {
    const n = 'abcde'.indexOf(name) + 1
    const labels = { n: String(n), run: ns.name, ...(n % 2 === 1 && { odd: '' }) }
    await ns.create('configmaps', configMap(name, { index: String(index) }, { labels }))
  }
  return ns
}

const ours = { labelSelector: 'run' }
const namesOf = (items: { metadata: { name: string } }[]) => items.map((one) => one.metadata.name).join('')

contract('list', (check) => {
  check('a list is sorted by name, has a version, and its items leave out their kind', async (cluster) => {
    const ns = await fiveMaps(cluster)
    const list = expectStatus(await ns.get('configmaps', undefined, ours), 200)
    expect(list).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' })
    expect(list.metadata.resourceVersion).toMatch(/^\d+$/)
    expect(namesOf(list.items)).toBe('abcde')
    expect(list.items[0]).not.toHaveProperty('kind')
    expect(list.items[0]).not.toHaveProperty('apiVersion')
  })

  check('a list of nothing is empty, not null', async (cluster) => {
    const ns = await cluster.namespace()
    expect(expectStatus(await ns.get('secrets'), 200).items).toEqual([])
  })

  check('label selectors choose by value, set and presence', async (cluster) => {
    const ns = await fiveMaps(cluster)
    const cases: [selector: string, names: string][] = [
      ['n=2', 'b'],
      ['n==2', 'b'],
      ['n!=2,run', 'acde'],
      ['n in (1,3),run', 'ac'],
      ['n notin (1, 3),run', 'bde'],
      ['odd', 'ace'],
      ['!odd,run', 'bd'],
      ['odd=', 'ace'],
      ['absent!=x,run', 'abcde'],
      ['n>3', 'de'],
      ['n<2', 'a'],
      ['odd,n!=1', 'ce'],
    ]
    for (const [labelSelector, names] of cases) {
      expect(namesOf(await ns.list('configmaps', { labelSelector })), labelSelector).toBe(names)
    }
  })

  check('field selectors choose by name, and by what a pod is doing', async (cluster) => {
    const ns = await fiveMaps(cluster)
    await ns.create('pods', pod('waiting', { schedulerName: 'nobody' }))
    const maps: [selector: string, names: string][] = [
      ['metadata.name=c', 'c'],
      ['metadata.name!=c', 'abde'],
      [`metadata.namespace=${ns.name},metadata.name=c`, 'c'],
      ['metadata.namespace=elsewhere', ''],
    ]
    for (const [fieldSelector, names] of maps) {
      expect(namesOf(await ns.list('configmaps', { ...ours, fieldSelector })), fieldSelector).toBe(names)
    }
    const pods: [selector: string, count: number][] = [
      ['status.phase=Pending', 1],
      ['status.phase!=Pending', 0],
      ['spec.nodeName=', 1],
      ['spec.nodeName=elsewhere', 0],
      ['spec.schedulerName=nobody', 1],
      ['spec.restartPolicy=Always', 1],
    ]
    for (const [fieldSelector, count] of pods) {
      expect(await ns.list('pods', { fieldSelector }), fieldSelector).toHaveLength(count)
    }
  })

  check('selectors that mean nothing are refused, not taken for "everything"', async (cluster) => {
    const ns = await cluster.namespace()
    for (const query of [
      { labelSelector: 'a in b' },
      { labelSelector: '=,=' },
      { fieldSelector: 'spec.colour=red' },
      { fieldSelector: 'x' },
    ]) {
      const answer = await ns.get('configmaps', undefined, query)
      expect(answer.body, JSON.stringify(query)).toMatchObject({ code: 400, reason: 'BadRequest' })
    }
  })

  check('pages follow each other at one version, without what is made in between', async (cluster) => {
    const ns = await fiveMaps(cluster)
    const first = expectStatus(
      await ns.get('configmaps', undefined, { fieldSelector: 'metadata.name!=kube-root-ca.crt', limit: 2 }),
      200,
    )
    expect(namesOf(first.items)).toBe('ab')
    expect(first.metadata.continue).toBeTruthy()
    await ns.create('configmaps', configMap('bb', {}, { labels: { run: ns.name } }))
    const next = { fieldSelector: 'metadata.name!=kube-root-ca.crt', limit: 2, continue: first.metadata.continue ?? '' }
    const second = expectStatus(await ns.get('configmaps', undefined, next), 200)
    expect(namesOf(second.items)).toBe('cd')
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
    const last = { ...next, continue: second.metadata.continue ?? '' }
    const third = expectStatus(await ns.get('configmaps', undefined, last), 200)
    expect(namesOf(third.items)).toBe('e')
    expect(third.metadata.continue ?? '').toBe('')
  })

  check('without a selector the rest is counted', async (cluster) => {
    const ns = await cluster.namespace()
    for (const name of ['a', 'b', 'c']) {
      await ns.create('secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name, labels: { run: 'x' } } })
    }
    const page = expectStatus(await ns.get('secrets', undefined, { limit: 1 }), 200)
    expect(page.metadata.remainingItemCount).toBe(2)
    const selected = expectStatus(await ns.get('secrets', undefined, { ...ours, limit: 1 }), 200)
    expect(selected.metadata.remainingItemCount).toBeUndefined()
  })

  check('a continue token that was not given by the server is refused', async (cluster) => {
    const ns = await cluster.namespace()
    const answer = await ns.get('configmaps', undefined, { limit: 1, continue: 'bm9uc2Vuc2U' })
    expect(answer.body).toMatchObject({ code: 400, reason: 'BadRequest' })
  })

  check('a list over all namespaces finds the same objects', async (cluster) => {
    const ns = await fiveMaps(cluster)
    const query = { labelSelector: `run=${ns.name}` }
    const list = expectStatus(await cluster.call('GET', pathOf('configmaps'), { query }), 200)
    expect(namesOf(list.items)).toBe('abcde')
    expect(list.items.every((one) => one.metadata.namespace === ns.name)).toBe(true)
  })

  check('a list can be asked for not older than, or exactly at, a version', async (cluster) => {
    const ns = await fiveMaps(cluster)
    const before = expectStatus(await ns.get('configmaps', undefined, ours), 200).metadata.resourceVersion
    const later = await ns.create('configmaps', configMap('f', {}, { labels: { run: ns.name } }))
    const exact = { ...ours, resourceVersion: before, resourceVersionMatch: 'Exact' }
    const then = expectStatus(await ns.get('configmaps', undefined, exact), 200)
    expect([namesOf(then.items), then.metadata.resourceVersion]).toEqual(['abcde', before])
    const newer = { ...ours, resourceVersion: later.metadata.resourceVersion, resourceVersionMatch: 'NotOlderThan' }
    expect(namesOf(await ns.list('configmaps', newer))).toBe('abcdef')
    const cached = await ns.get('configmaps', undefined, { ...ours, resourceVersion: 0 })
    expect(cached.status).toBe(200)
    const wrong = await ns.get('configmaps', undefined, { resourceVersionMatch: 'Exact' })
    expect(wrong.body).toMatchObject({ code: 422, reason: 'Invalid' })
  })

  check('a version that is yet to come is a Timeout, to be tried again', async (cluster) => {
    const ns = await cluster.namespace()
    const now = expectStatus(await ns.get('configmaps'), 200).metadata.resourceVersion
    const answer = await ns.get('configmaps', undefined, { resourceVersion: String(Number(now) + 1_000_000) })
    expect(answer.body).toMatchObject({
      code: 504,
      reason: 'Timeout',
      message: expect.stringContaining('Too large resource version') as string,
    })
    expect(answer.body.details).toMatchObject({ retryAfterSeconds: 1, causes: [{ reason: 'ResourceVersionTooLarge' }] })
  })

  check('a table has columns for people, and the metadata of each row', async (cluster) => {
    const ns = await cluster.namespace()
    const headers = { accept: table }
    await ns.create('pods', pod('one', { schedulerName: 'nobody' }))
    const pods = expectStatus(await cluster.call('GET', ns.path('pods'), { headers }), 200)
    expect(pods).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' })
    expect(pods.columnDefinitions?.map((one) => one.name)).toEqual([
      'Name',
      'Ready',
      'Status',
      'Restarts',
      'Age',
      'IP',
      'Node',
      'Nominated Node',
      'Readiness Gates',
    ])
    expect(pods.columnDefinitions?.map((one) => one.priority)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1])
    expect(pods.rows[0]?.cells.slice(0, 4)).toEqual(['one', '0/1', 'Pending', '0'])
    expect(pods.rows[0]?.object).toMatchObject({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { name: 'one' },
    })
    expect(pods.rows[0]?.object).not.toHaveProperty('spec')
  })

  check('tables of workloads say what kubectl shows', async (cluster) => {
    const ns = await cluster.namespace()
    const headers = { accept: table }
    await ns.create('deployments', deployment('one', { replicas: 0 }))
    const list = expectStatus(await cluster.call('GET', ns.path('deployments'), { headers }), 200)
    expect(list.columnDefinitions?.map((one) => one.name)).toEqual([
      'Name',
      'Ready',
      'Up-to-date',
      'Available',
      'Age',
      'Containers',
      'Images',
      'Selector',
    ])
    expect(list.rows[0]?.cells).toEqual([
      'one',
      '0/0',
      0,
      0,
      expect.stringMatching(/^\d+s$/),
      'main',
      'busybox:1.36',
      'app=one',
    ])
    const one = expectStatus(await cluster.call('GET', ns.path('deployments', 'one'), { headers }), 200)
    expect([one.kind, one.rows.length]).toEqual(['Table', 1])
    const full = await cluster.call('GET', ns.path('deployments'), { headers, query: { includeObject: 'Object' } })
    expect(expectStatus(full, 200).rows[0]?.object).toMatchObject({ kind: 'Deployment', spec: { replicas: 0 } })
    const none = await cluster.call('GET', ns.path('deployments'), { headers, query: { includeObject: 'None' } })
    expect(expectStatus(none, 200).rows[0]?.object).toBeNull()
  })

  check('metadata alone can be listed and read', async (cluster) => {
    const ns = await fiveMaps(cluster)
    const accept = (kind: string) => ({ accept: `application/json;as=${kind};g=meta.k8s.io;v=v1` })
    const list = await cluster.call('GET', ns.path('configmaps'), {
      headers: accept('PartialObjectMetadataList'),
      query: ours,
    })
    expect(expectStatus(list, 200)).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' })
    expect(namesOf(list.body.items)).toBe('abcde')
    expect(list.body.items[0]).not.toHaveProperty('data')
    const one = await cluster.call('GET', ns.path('configmaps', 'a'), { headers: accept('PartialObjectMetadata') })
    expect(expectStatus(one, 200)).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'a' } })
    expect(one.body).not.toHaveProperty('data')
  })
})
