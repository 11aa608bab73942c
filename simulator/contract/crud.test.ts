import { expect } from 'vitest'
import { contract } from './cluster.ts'
import { configMap, deployment, pod, service } from './objects.ts'
import { at, expectStatus } from './observe.ts'

contract('create, read, update, delete', (check) => {
  check('a created object comes back with its identity', async (cluster) => {
    const ns = await cluster.namespace()
    const made = await ns.create('configmaps', configMap('one', { a: '1' }))
    expect(made).toMatchObject({
      kind: 'ConfigMap',
      apiVersion: 'v1',
      data: { a: '1' },
      metadata: { name: 'one', namespace: ns.name },
    })
    expect(made.metadata.uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
    expect(made.metadata.resourceVersion).toMatch(/^\d+$/)
    expect(made.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect(made.metadata.generation).toBeUndefined()
    expect(await ns.read('configmaps', 'one')).toEqual(made)
  })

  check('the first manager is taken from the user agent or the query', async (cluster) => {
    const ns = await cluster.namespace()
    const plain = await ns.create('configmaps', configMap('plain', { a: '1' }))
    expect(plain.metadata.managedFields).toEqual([
      {
        manager: 'contract',
        operation: 'Update',
        apiVersion: 'v1',
        time: plain.metadata.creationTimestamp,
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { '.': {}, 'f:a': {} } },
      },
    ])
    const named = expectStatus(await ns.post('configmaps', configMap('named'), { fieldManager: 'somebody' }), 201)
    expect(named.metadata.managedFields ?? []).toEqual([])
    const filled = expectStatus(
      await ns.post('configmaps', configMap('filled', { b: '' }), { fieldManager: 'somebody' }),
      201,
    )
    expect(filled.metadata.managedFields?.map((one) => one.manager)).toEqual(['somebody'])
  })

  check('identity given by the client is not taken', async (cluster) => {
    const ns = await cluster.namespace()
    const given = {
      uid: '11111111-1111-1111-1111-111111111111',
      creationTimestamp: '2001-01-01T00:00:00Z',
      generation: 7,
    }
    const made = await ns.create('services', { ...service('one'), metadata: { name: 'one', ...given } })
    expect(made.metadata.uid).not.toBe(given.uid)
    expect(made.metadata.creationTimestamp).not.toBe(given.creationTimestamp)
  })

  check('a second create of a name is AlreadyExists', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('deployments', deployment('one', { replicas: 0 }))
    const answer = await ns.post('deployments', deployment('one', { replicas: 0 }))
    expect(answer.status).toBe(409)
    expect(answer.body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'deployments.apps "one" already exists',
      reason: 'AlreadyExists',
      details: { name: 'one', group: 'apps', kind: 'deployments' },
      code: 409,
    })
  })

  check('what is not there is NotFound, whatever is done to it', async (cluster) => {
    const ns = await cluster.namespace()
    const absent = {
      kind: 'Status',
      status: 'Failure',
      reason: 'NotFound',
      code: 404,
      message: 'configmaps "no" not found',
      details: { name: 'no', kind: 'configmaps' },
    }
    expect((await ns.get('configmaps', 'no')).body).toMatchObject(absent)
    expect((await ns.delete('configmaps', 'no')).body).toMatchObject(absent)
    expect((await ns.patch('merge', 'configmaps', 'no', {})).body).toMatchObject(absent)
    const body = configMap('no')
    expect((await cluster.call('PUT', ns.path('configmaps', 'no'), { body })).body).toMatchObject(absent)
  })

  check('creating in a namespace that is not there is NotFound, naming the namespace', async (cluster) => {
    const answer = await cluster.call('POST', '/api/v1/namespaces/contract-absent/configmaps', {
      body: configMap('one'),
    })
    expect(answer.body).toMatchObject({
      code: 404,
      reason: 'NotFound',
      message: 'namespaces "contract-absent" not found',
    })
    const list = await cluster.call('GET', '/api/v1/namespaces/contract-absent/configmaps')
    expect(expectStatus(list, 200).items).toEqual([])
  })

  check('generateName makes names, and one without either is refused', async (cluster) => {
    const ns = await cluster.namespace()
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'part-' } }
    const names = await Promise.all([1, 2, 3].map(async () => (await ns.create('configmaps', body)).metadata.name))
    expect(new Set(names).size).toBe(3)
    for (const name of names) expect(name).toMatch(/^part-[a-z0-9]{5}$/)
    const nameless = await ns.post('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} })
    expect(nameless.body).toMatchObject({
      code: 422,
      reason: 'Invalid',
      details: { causes: [{ field: 'metadata.name', reason: 'FieldValueRequired' }] },
    })
  })

  check('a PUT replaces; one that changes nothing writes nothing', async (cluster) => {
    const ns = await cluster.namespace()
    const made = await ns.create('configmaps', configMap('one', { a: '1', b: '2' }))
    const same = expectStatus(await ns.put('configmaps', made), 200)
    expect(same.metadata.resourceVersion).toBe(made.metadata.resourceVersion)
    const next = expectStatus(await ns.put('configmaps', { ...made, data: { c: '3' } }), 200)
    expect(next.data).toEqual({ c: '3' })
    expect(next.metadata.uid).toBe(made.metadata.uid)
    expect(Number(next.metadata.resourceVersion)).toBeGreaterThan(Number(made.metadata.resourceVersion))
  })

  check('a merge patch sets, and removes what is null', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('configmaps', configMap('one', { a: '1', b: '2' }, { labels: { x: 'y' } }))
    const patched = expectStatus(
      await ns.patch('merge', 'configmaps', 'one', { data: { a: null, c: '3' }, metadata: { labels: null } }),
      200,
    )
    expect(patched.data).toEqual({ b: '2', c: '3' })
    expect(patched.metadata.labels).toBeUndefined()
    const empty = expectStatus(await ns.patch('merge', 'configmaps', 'one', {}), 200)
    expect(empty.metadata.resourceVersion).toBe(patched.metadata.resourceVersion)
  })

  check('a JSON patch does its operations in order, or none of them', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('configmaps', configMap('one', { a: '1' }))
    const patched = await ns.patch('json', 'configmaps', 'one', [
      { op: 'test', path: '/data/a', value: '1' },
      { op: 'replace', path: '/data/a', value: '2' },
      { op: 'add', path: '/metadata/annotations', value: {} },
      { op: 'add', path: '/metadata/annotations/x~1y', value: '3' },
      { op: 'copy', from: '/data/a', path: '/data/b' },
    ])
    const after = { data: { a: '2', b: '2' }, metadata: { annotations: { 'x/y': '3' } } }
    expect(expectStatus(patched, 200)).toMatchObject(after)
  })

  check('a JSON patch whose test fails, or whose path is absent, is Invalid', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('configmaps', configMap('one', { a: '1' }))
    const failing = [
      { op: 'replace', path: '/data/a', value: '2' },
      { op: 'test', path: '/data/a', value: 'no' },
    ]
    expect((await ns.patch('json', 'configmaps', 'one', failing)).body).toMatchObject({ code: 422, reason: 'Invalid' })
    const absent = [{ op: 'remove', path: '/data/absent' }]
    expect((await ns.patch('json', 'configmaps', 'one', absent)).body).toMatchObject({ code: 422, reason: 'Invalid' })
    expect((await ns.read('configmaps', 'one')).data).toEqual({ a: '1' })
  })

  check('a strategic merge patch merges containers and ports by key', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('deployments', deployment('one', { replicas: 0 }))
    const containers = [
      { name: 'side', image: 'busybox:1.36' },
      { name: 'main', env: [{ name: 'A', value: '1' }] },
    ]
    const two = expectStatus(
      await ns.patch('strategic', 'deployments', 'one', { spec: { template: { spec: { containers } } } }),
      200,
    )
    const found = at(two, 'spec.template.spec.containers') as { name: string; command?: string[]; env?: unknown }[]
    expect(found.map((one) => one.name).sort()).toEqual(['main', 'side'])
    expect(found.find((one) => one.name === 'main')).toMatchObject({
      env: [{ name: 'A', value: '1' }],
      command: ['sh', '-c', expect.anything()],
    })
    const removal = { spec: { template: { spec: { containers: [{ name: 'side', $patch: 'delete' }] } } } }
    const left = expectStatus(await ns.patch('strategic', 'deployments', 'one', removal), 200)
    expect(at(left, 'spec.template.spec.containers')).toHaveLength(1)
  })

  check('generation counts changes of the spec, not of metadata or status', async (cluster) => {
    const ns = await cluster.namespace()
    const made = await ns.create('deployments', deployment('one', { replicas: 0 }))
    expect(made.metadata.generation).toBe(1)
    const labelled = expectStatus(
      await ns.patch('merge', 'deployments', 'one', { metadata: { labels: { a: 'b' } } }),
      200,
    )
    expect(labelled.metadata.generation).toBe(1)
    const changed = expectStatus(await ns.patch('merge', 'deployments', 'one', { spec: { minReadySeconds: 1 } }), 200)
    expect(changed.metadata.generation).toBe(2)
    const status = expectStatus(
      await ns.patch('merge', 'deployments', 'one/status', { status: { collisionCount: 3 } }),
      200,
    )
    expect(status.metadata.generation).toBe(2)
  })

  check('status is written through its subresource only, and the spec not through that', async (cluster) => {
    const ns = await cluster.namespace()
    const quota = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'one' },
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'nobody', resources: { requests: { storage: '1Mi' } } },
    }
    await ns.create('persistentvolumeclaims', { ...quota, status: { phase: 'Bound' } })
    expect(at(await ns.read('persistentvolumeclaims', 'one'), 'status.phase')).toBe('Pending')
    const change = { status: { phase: 'Lost' }, metadata: { labels: { a: 'b' } } }
    const main = expectStatus(await ns.patch('merge', 'persistentvolumeclaims', 'one', change), 200)
    expect(at(main, 'status.phase')).toBe('Pending')
    const through = { status: { phase: 'Lost' }, spec: { volumeName: 'x' } }
    const status = expectStatus(await ns.patch('merge', 'persistentvolumeclaims', 'one/status', through), 200)
    expect(at(status, 'status.phase')).toBe('Lost')
    expect(at(status, 'spec.volumeName')).toBeUndefined()
  })

  check('a deletion answers with the identity of what is gone', async (cluster) => {
    const ns = await cluster.namespace()
    const made = await ns.create('configmaps', configMap('one'))
    const answer = await ns.delete('configmaps', 'one')
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'one', kind: 'configmaps', uid: made.metadata.uid },
    })
    expect((await ns.get('configmaps', 'one')).status).toBe(404)
  })

  check('a collection is deleted by label, and answered as a list', async (cluster) => {
    const ns = await cluster.namespace()
    for (const name of ['a', 'b', 'c'])
      await ns.create('configmaps', configMap(name, {}, { labels: { keep: name === 'b' ? 'yes' : 'no' } }))
    const answer = await cluster.call('DELETE', ns.path('configmaps'), { query: { labelSelector: 'keep=no' } })
    const list = expectStatus(answer, 200)
    expect(list.kind).toBe('ConfigMapList')
    expect(list.items.map((one) => one.metadata.name)).toEqual(['a', 'c'])
    expect((await ns.get('configmaps', 'a')).status).toBe(404)
    expect((await ns.get('configmaps', 'b')).status).toBe(200)
  })

  check('a secret keeps strings as base64', async (cluster) => {
    const ns = await cluster.namespace()
    const made = await ns.create('secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'one' },
      stringData: { a: 'é' },
      data: { b: 'eA==' },
    })
    expect(made).toMatchObject({ type: 'Opaque', data: { a: Buffer.from('é').toString('base64'), b: 'eA==' } })
    expect(made['stringData']).toBeUndefined()
  })

  check('a graceful deletion answers with the object, still there', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create(
      'pods',
      pod(
        'one',
        { nodeName: undefined, terminationGracePeriodSeconds: 5, schedulerName: 'nobody', finalizers: undefined },
        { finalizers: ['contract.example/held'] },
      ),
    )
    const answer = expectStatus(await ns.delete('pods', 'one'), 200)
    expect(answer.kind).toBe('Pod')
    expect(answer.metadata.deletionTimestamp).toBeDefined()
    expectStatus(await ns.patch('merge', 'pods', 'one', { metadata: { finalizers: null } }), 200)
    expect((await ns.get('pods', 'one')).status).toBe(404)
  })
})
