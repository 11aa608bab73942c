import { expect } from 'vitest'
import { type Cluster, contract } from './cluster.ts'
import { type Body } from './http.ts'
import { type Namespace, pathOf } from './namespace.ts'
import { claim, container, pod } from './objects.ts'
import { at, conditionOf, eventually, expectStatus } from './observe.ts'

/** A pod that mounts this claim at /data. */
const user = (name: string, claimName: string) =>
  pod(name, {
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }],
    containers: [container({ volumeMounts: [{ name: 'data', mountPath: '/data' }] })],
  })

const phase = async (ns: Namespace, resource: string, name: string) => at(await ns.read(resource, name), 'status.phase')

const runs = (ns: Namespace, name: string) =>
  eventually(`${name} runs`, async () => (await phase(ns, 'pods', name)) === 'Running')

const gone = (ns: Namespace, resource: string, name: string) =>
  eventually(`${resource} ${name} is gone`, async () => (await ns.get(resource, name)).status === 404)

/** A claim in use by a running pod. */
async function bound(ns: Namespace): Promise<Body> {
  await ns.create('persistentvolumeclaims', claim('data'))
  await ns.create('pods', user('one', 'data'))
  await runs(ns, 'one')
  return ns.read('persistentvolumeclaims', 'data')
}

const defaultClass = async (cluster: Cluster): Promise<Body> => {
  const list = expectStatus(await cluster.call('GET', pathOf('storageclasses')), 200)
  const found = list.items.find(
    (one) => one.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true',
  )
  if (found === undefined) throw new Error('no default storage class')
  return found
}

const mergePatch = 'application/merge-patch+json'

contract('volumes', (check) => {
  check('a claim without a class gets the default one, and waits for a pod', async (cluster) => {
    const ns = await cluster.namespace()
    const storage = await defaultClass(cluster)
    expect(storage).toMatchObject({ volumeBindingMode: 'WaitForFirstConsumer', reclaimPolicy: 'Delete' })
    const made = await ns.create('persistentvolumeclaims', claim('data'))
    expect(made.spec).toEqual({
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '16Mi' } },
      storageClassName: storage.metadata.name,
      volumeMode: 'Filesystem',
    })
    expect(made.status).toEqual({ phase: 'Pending' })
    expect(made.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection'])
    const events = await eventually('it says what it waits for', async () => {
      const list = await ns.list('events', { fieldSelector: 'involvedObject.name=data,reason=WaitForFirstConsumer' })
      return list.length > 0 && list
    })
    expect(events[0]).toMatchObject({
      type: 'Normal',
      message: 'waiting for first consumer to be created before binding',
    })
  })

  check('a pod binds its claim to a new volume that names it', async (cluster) => {
    const ns = await cluster.namespace()
    const made = await bound(ns)
    const volumeName = String(at(made, 'spec.volumeName'))
    expect(volumeName).toBe(`pvc-${made.metadata.uid}`)
    expect(made.status).toEqual({ phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '16Mi' } })
    expect(made.metadata.annotations).toMatchObject({
      'pv.kubernetes.io/bind-completed': 'yes',
      'pv.kubernetes.io/bound-by-controller': 'yes',
    })
    expect(made.metadata.annotations?.['volume.kubernetes.io/selected-node']).toBe(
      at(await ns.read('pods', 'one'), 'spec.nodeName'),
    )
    const volume = await cluster.read('persistentvolumes', volumeName)
    expect(volume).toMatchObject({
      spec: {
        capacity: { storage: '16Mi' },
        accessModes: ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Delete',
        storageClassName: at(made, 'spec.storageClassName'),
        volumeMode: 'Filesystem',
        claimRef: {
          kind: 'PersistentVolumeClaim',
          apiVersion: 'v1',
          namespace: ns.name,
          name: 'data',
          uid: made.metadata.uid,
        },
      },
      status: { phase: 'Bound' },
    })
    expect(volume.metadata.finalizers).toContain('kubernetes.io/pv-protection')
  })

  check('a claim in use outlives its deletion until the last pod is gone; then its volume goes', async (cluster) => {
    const ns = await cluster.namespace()
    const volumeName = String(at(await bound(ns), 'spec.volumeName'))
    const marked = expectStatus(await ns.delete('persistentvolumeclaims', 'data'), 200)
    expect(marked.metadata.deletionTimestamp).toBeDefined()
    await ns.create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'later' } })
    expect((await ns.read('persistentvolumeclaims', 'data')).metadata.finalizers).toEqual([
      'kubernetes.io/pvc-protection',
    ])
    expectStatus(await ns.delete('pods', 'one'), 200)
    await gone(ns, 'persistentvolumeclaims', 'data')
    await eventually(
      'the volume is gone',
      async () => (await cluster.call('GET', pathOf('persistentvolumes', undefined, volumeName))).status === 404,
    )
  })

  check('a claim that nobody uses is gone at once', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('persistentvolumeclaims', claim('data'))
    expectStatus(await ns.delete('persistentvolumeclaims', 'data'), 200)
    await gone(ns, 'persistentvolumeclaims', 'data')
  })

  check('a volume that is to be retained is Released, and is not bound again', async (cluster) => {
    const ns = await cluster.namespace()
    const volumeName = String(at(await bound(ns), 'spec.volumeName'))
    const path = pathOf('persistentvolumes', undefined, volumeName)
    const keep = (persistentVolumeReclaimPolicy: string) =>
      cluster.call('PATCH', path, { body: { spec: { persistentVolumeReclaimPolicy } }, contentType: mergePatch })
    cluster.afterwards(() => keep('Delete'))
    expectStatus(await keep('Retain'), 200)
    expectStatus(await ns.delete('pods', 'one'), 200)
    await gone(ns, 'pods', 'one')
    expectStatus(await ns.delete('persistentvolumeclaims', 'data'), 200)
    await gone(ns, 'persistentvolumeclaims', 'data')
    await eventually(
      'Released',
      async () => at(await cluster.read('persistentvolumes', volumeName), 'status.phase') === 'Released',
    )
    expectStatus(await keep('Delete'), 200)
    await eventually('the volume is gone', async () => (await cluster.call('GET', path)).status === 404)
  })

  check('a claim whose volume is gone is Lost', async (cluster) => {
    const ns = await cluster.namespace()
    const volumeName = String(at(await bound(ns), 'spec.volumeName'))
    const path = pathOf('persistentvolumes', undefined, volumeName)
    expectStatus(await cluster.call('DELETE', path), 200)
    expect((await cluster.read('persistentvolumes', volumeName)).metadata.deletionTimestamp).toBeDefined()
    const body = { metadata: { finalizers: null } }
    expectStatus(await cluster.call('PATCH', path, { body, contentType: mergePatch }), 200)
    await eventually('Lost', async () => (await phase(ns, 'persistentvolumeclaims', 'data')) === 'Lost')
  })

  check('a pod whose claim is missing waits, and says for which', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('pods', user('one', 'data'))
    const waiting = await eventually('the reason', async () =>
      conditionOf(await ns.read('pods', 'one'), 'PodScheduled'),
    )
    expect(waiting).toMatchObject({
      status: 'False',
      reason: 'Unschedulable',
      message: expect.stringContaining('persistentvolumeclaim "data" not found') as string,
    })
    await ns.create('persistentvolumeclaims', claim('data'))
    await runs(ns, 'one')
  })

  check('data of a claim is there for the next pod', async (cluster) => {
    const ns = await cluster.namespace()
    const first = await bound(ns)
    expectStatus(await ns.delete('pods', 'one'), 200)
    await gone(ns, 'pods', 'one')
    await ns.create('pods', user('two', 'data'))
    await runs(ns, 'two')
    const second = await ns.read('persistentvolumeclaims', 'data')
    expect([second.metadata.uid, at(second, 'spec.volumeName')]).toEqual([
      first.metadata.uid,
      at(first, 'spec.volumeName'),
    ])
  })

  check(
    'a claim cannot shrink, nor change what it was bound by, nor grow where the class forbids it',
    async (cluster) => {
      const ns = await cluster.namespace()
      await bound(ns)
      const size = (storage: string) => ({ spec: { resources: { requests: { storage } } } })
      const grown = await ns.patch('merge', 'persistentvolumeclaims', 'data', size('32Mi'))
      if ((await defaultClass(cluster))['allowVolumeExpansion'] === true) expectStatus(grown, 200)
      else {
        expect(grown.body).toMatchObject({ code: 403, reason: 'Forbidden' })
        expect(grown.body.message).toBe(
          'persistentvolumeclaims "data" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
        )
      }
      const less = await ns.patch('merge', 'persistentvolumeclaims', 'data', size('8Mi'))
      expect(less.body).toMatchObject({ code: 422, reason: 'Invalid' })
      for (const spec of [{ storageClassName: 'other' }, { accessModes: ['ReadWriteMany'] }, { volumeName: 'other' }]) {
        const answer = await ns.patch('merge', 'persistentvolumeclaims', 'data', { spec })
        expect(answer.body, JSON.stringify(spec)).toMatchObject({
          code: 422,
          reason: 'Invalid',
          details: {
            causes: expect.arrayContaining([
              expect.objectContaining({ field: 'spec', reason: 'FieldValueForbidden' }),
            ]) as unknown,
          },
        })
      }
    },
  )

  check('a claim grows where the class allows it', async (cluster) => {
    const ns = await cluster.namespace()
    const list = expectStatus(await cluster.call('GET', pathOf('storageclasses')), 200)
    const storage = list.items.find((one) => one['allowVolumeExpansion'] === true)
    expect(storage, 'a class that allows expansion').toBeDefined()
    const storageClassName = storage?.metadata.name
    await ns.create(
      'persistentvolumeclaims',
      claim('data', { storageClassName, resources: { requests: { storage: '32Mi' } } }),
    )
    await ns.create('pods', user('one', 'data'))
    await runs(ns, 'one')
    const grow = { spec: { resources: { requests: { storage: '64Mi' } } } }
    expectStatus(await ns.patch('merge', 'persistentvolumeclaims', 'data', grow), 200)
    await eventually(
      'it has grown',
      async () => at(await ns.read('persistentvolumeclaims', 'data'), 'status.capacity.storage') === '64Mi',
    )
  })

  check('a class that does not exist leaves the claim Pending', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('persistentvolumeclaims', claim('data', { storageClassName: 'nobody-provides-this' }))
    await ns.create('pods', user('one', 'data'))
    await eventually(
      'the pod waits',
      async () => conditionOf(await ns.read('pods', 'one'), 'PodScheduled')?.reason === 'Unschedulable',
    )
    expect(await phase(ns, 'persistentvolumeclaims', 'data')).toBe('Pending')
  })
})
