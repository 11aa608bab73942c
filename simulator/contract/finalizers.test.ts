import { expect } from 'vitest'
import { contract } from './cluster.ts'
import { configMap } from './objects.ts'
import { expectStatus } from './observe.ts'

const held = (name = 'one') => configMap(name, {}, { finalizers: ['contract.example/a', 'contract.example/b'] })
const finalizers = (list: string[] | null) => ({ metadata: { finalizers: list } })

contract('finalizers', (check) => {
  check('a held object is marked, stays readable, and goes with its last finalizer', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('configmaps', held())
    const marked = expectStatus(await ns.delete('configmaps', 'one'), 200)
    expect(marked).toMatchObject({
      kind: 'ConfigMap',
      metadata: { deletionGracePeriodSeconds: 0, deletionTimestamp: expect.stringMatching(/Z$/) as string },
    })
    const one = expectStatus(await ns.patch('merge', 'configmaps', 'one', finalizers(['contract.example/b'])), 200)
    expect(one.metadata.deletionTimestamp).toBe(marked.metadata.deletionTimestamp)
    expect((await ns.get('configmaps', 'one')).status).toBe(200)
    expectStatus(await ns.patch('merge', 'configmaps', 'one', finalizers(null)), 200)
    expect((await ns.get('configmaps', 'one')).status).toBe(404)
  })

  check('removing a finalizer with PUT or with apply lets go as well', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('configmaps', held('put'))
    await ns.delete('configmaps', 'put')
    const current = await ns.read('configmaps', 'put')
    expectStatus(await ns.put('configmaps', { ...current, metadata: { ...current.metadata, finalizers: [] } }), 200)
    expect((await ns.get('configmaps', 'put')).status).toBe(404)
    const applied = configMap('applied', {}, { finalizers: ['contract.example/a'] })
    expectStatus(await ns.apply('configmaps', 'me', applied), 201)
    await ns.delete('configmaps', 'applied')
    expectStatus(await ns.apply('configmaps', 'me', configMap('applied')), 200)
    expect((await ns.get('configmaps', 'applied')).status).toBe(404)
  })

  check('deleting again changes nothing', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('configmaps', held())
    const first = expectStatus(await ns.delete('configmaps', 'one'), 200)
    const second = expectStatus(await ns.delete('configmaps', 'one'), 200)
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
    expectStatus(await ns.patch('merge', 'configmaps', 'one', finalizers(null)), 200)
  })

  check('a name is taken until its holder is gone', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('configmaps', held())
    await ns.delete('configmaps', 'one')
    const answer = await ns.post('configmaps', configMap('one'))
    expect(answer.body).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
      message: 'object is being deleted: configmaps "one" already exists',
    })
    expectStatus(await ns.patch('merge', 'configmaps', 'one', finalizers(null)), 200)
    await ns.create('configmaps', configMap('one'))
  })

  check('what is being deleted can change, but gets no new finalizer and no way back', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('configmaps', held())
    await ns.delete('configmaps', 'one')
    const changed = expectStatus(await ns.patch('merge', 'configmaps', 'one', { data: { a: '1' } }), 200)
    expect(changed.data).toEqual({ a: '1' })
    const added = await ns.patch('merge', 'configmaps', 'one', finalizers(['contract.example/a', 'contract.example/c']))
    expect(added.body).toMatchObject({ code: 422, reason: 'Invalid' })
    expect(added.body.details.causes?.[0]).toMatchObject({
      reason: 'FieldValueForbidden',
      field: 'metadata.finalizers',
    })
    const back = expectStatus(
      await ns.patch('merge', 'configmaps', 'one', { metadata: { deletionTimestamp: null } }),
      200,
    )
    expect(back.metadata.deletionTimestamp).toBe(changed.metadata.deletionTimestamp)
    expectStatus(await ns.patch('merge', 'configmaps', 'one', finalizers(null)), 200)
  })

  check('a finalizer needs a qualified name', async (cluster) => {
    const ns = await cluster.namespace()
    const answer = await ns.post('configmaps', configMap('one', {}, { finalizers: ['plain'] }))
    expect(answer.body).toMatchObject({
      code: 422,
      reason: 'Invalid',
      details: { causes: [{ field: expect.stringMatching(/^metadata\.finalizers/) as string }] },
    })
  })
})
