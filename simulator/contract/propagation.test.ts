import { expect } from 'vitest'
import { contract } from './cluster.ts'
import { type Body } from './http.ts'
import { configMap, deployment, job } from './objects.ts'
import { type Namespace } from './namespace.ts'
import { at, eventually, expectStatus } from './observe.ts'

const owner = (object: Body, fields = {}) => ({
  apiVersion: object.apiVersion,
  kind: object.kind,
  name: object.metadata.name,
  uid: object.metadata.uid,
  ...fields,
})

const gone = (ns: Namespace, resource: string, name: string) =>
  eventually(`${resource} ${name} is gone`, async () => (await ns.get(resource, name)).status === 404)

/** A deployment with one running pod. */
async function running(ns: Namespace): Promise<{ set: Body; pod: Body }> {
  await ns.create('deployments', deployment('one'))
  const pod = await eventually('a running pod', async () =>
    (await ns.list('pods')).find((one) => at(one, 'status.phase') === 'Running'),
  )
  const [set] = await ns.list('replicasets')
  if (set === undefined) throw new Error('a pod without its replica set')
  return { set, pod }
}

contract('deletion and its propagation', (check) => {
  check('Background: the owner goes at once, what it owns follows', async (cluster) => {
    const ns = await cluster.namespace()
    const { set, pod } = await running(ns)
    const answer = await ns.delete('deployments', 'one', { propagationPolicy: 'Background' })
    expect(expectStatus(answer, 200)).toMatchObject({ kind: 'Status', status: 'Success' })
    expect((await ns.get('deployments', 'one')).status).toBe(404)
    await gone(ns, 'replicasets', set.metadata.name)
    await gone(ns, 'pods', pod.metadata.name)
  })

  check('Foreground: the owner stays until what blocks it is gone', async (cluster) => {
    const ns = await cluster.namespace()
    const { set, pod } = await running(ns)
    expectStatus(
      await ns.patch('merge', 'pods', pod.metadata.name, { metadata: { finalizers: ['contract.example/held'] } }),
      200,
    )
    const answer = expectStatus(await ns.delete('deployments', 'one', { propagationPolicy: 'Foreground' }), 200)
    expect(answer.metadata.finalizers).toEqual(['foregroundDeletion'])
    expect(answer.metadata.deletionTimestamp).toBeDefined()
    await eventually('the replica set is being deleted', async () => {
      const { metadata } = await ns.read('replicasets', set.metadata.name)
      return metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes('foregroundDeletion')
    })
    await eventually(
      'the pod is being deleted',
      async () => (await ns.read('pods', pod.metadata.name)).metadata.deletionTimestamp !== undefined,
    )
    expect((await ns.get('deployments', 'one')).status).toBe(200)
    expectStatus(await ns.patch('merge', 'pods', pod.metadata.name, { metadata: { finalizers: null } }), 200)
    await gone(ns, 'deployments', 'one')
    expect((await ns.get('replicasets', set.metadata.name)).status).toBe(404)
  })

  check('Orphan: what was owned stays, without an owner, and can be adopted', async (cluster) => {
    const ns = await cluster.namespace()
    const { set, pod } = await running(ns)
    expectStatus(await ns.delete('deployments', 'one', { propagationPolicy: 'Orphan' }), 200)
    await gone(ns, 'deployments', 'one')
    expect((await ns.read('replicasets', set.metadata.name)).metadata.ownerReferences ?? []).toEqual([])
    expect((await ns.read('pods', pod.metadata.name)).metadata.ownerReferences?.[0]?.uid).toBe(set.metadata.uid)
    const again = await ns.create('deployments', deployment('one'))
    await eventually(
      'the set is adopted',
      async () =>
        (await ns.read('replicasets', set.metadata.name)).metadata.ownerReferences?.[0]?.uid === again.metadata.uid,
    )
    expect((await ns.list('pods')).map((one) => one.metadata.name)).toEqual([pod.metadata.name])
  })

  check('any object that names an owner goes with it', async (cluster) => {
    const ns = await cluster.namespace()
    const parent = await ns.create('configmaps', configMap('parent'))
    const child = await ns.create('configmaps', configMap('child', {}, { ownerReferences: [owner(parent)] }))
    await ns.create('secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'grandchild', ownerReferences: [owner(child)] },
    })
    expectStatus(await ns.delete('configmaps', 'parent'), 200)
    await gone(ns, 'configmaps', 'child')
    await gone(ns, 'secrets', 'grandchild')
  })

  check('an object with two owners stays until both are gone', async (cluster) => {
    const ns = await cluster.namespace()
    const [a, b] = [await ns.create('configmaps', configMap('a')), await ns.create('configmaps', configMap('b'))]
    await ns.create('configmaps', configMap('child', {}, { ownerReferences: [owner(a), owner(b)] }))
    expectStatus(await ns.delete('configmaps', 'a'), 200)
    await eventually(
      'the dead owner is forgotten',
      async () => (await ns.read('configmaps', 'child')).metadata.ownerReferences?.length === 1,
    )
    expectStatus(await ns.delete('configmaps', 'b'), 200)
    await gone(ns, 'configmaps', 'child')
  })

  check('an owner that never was is as good as gone', async (cluster) => {
    const ns = await cluster.namespace()
    const owners = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'never', uid: '11111111-1111-1111-1111-111111111111' }]
    await ns.create('configmaps', configMap('child', {}, { ownerReferences: owners }))
    await gone(ns, 'configmaps', 'child')
  })

  check('an owner of the same name but another identity does not save it', async (cluster) => {
    const ns = await cluster.namespace()
    const parent = await ns.create('configmaps', configMap('parent'))
    expectStatus(await ns.delete('configmaps', 'parent'), 200)
    await ns.create('configmaps', configMap('parent'))
    await ns.create('configmaps', configMap('child', {}, { ownerReferences: [owner(parent)] }))
    await gone(ns, 'configmaps', 'child')
  })

  check('the default for a job is to orphan its pods, with a warning', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('jobs', job('one', 'sleep 1000'))
    const made = await eventually('a pod', async () => (await ns.list('pods'))[0])
    const answer = await ns.delete('jobs', 'one')
    expectStatus(answer, 200)
    expect(answer.headers['warning']).toContain('child pods are preserved by default when jobs are deleted')
    await gone(ns, 'jobs', 'one')
    const left = await ns.read('pods', made.metadata.name)
    expect(left.metadata.deletionTimestamp).toBeUndefined()
    expect(left.metadata.ownerReferences ?? []).toEqual([])
  })

  check('an owner reference must be whole, and only one may control', async (cluster) => {
    const ns = await cluster.namespace()
    const parent = await ns.create('configmaps', configMap('parent'))
    const two = [owner(parent, { controller: true }), owner(parent, { name: 'other', uid: 'x', controller: true })]
    for (const ownerReferences of [two, [{ ...owner(parent), uid: '' }], [{ ...owner(parent), name: '' }]]) {
      const answer = await ns.post('configmaps', configMap('child', {}, { ownerReferences }))
      expect(answer.body).toMatchObject({ code: 422, reason: 'Invalid' })
    }
  })

  check('an unknown propagation policy is refused', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('configmaps', configMap('one'))
    const answer = await ns.delete('configmaps', 'one', { propagationPolicy: 'Sideways' })
    expect(answer.body).toMatchObject({ code: 422, reason: 'Invalid' })
    expect((await ns.get('configmaps', 'one')).status).toBe(200)
  })
})
