import { expect } from 'vitest'
import { contract } from './cluster.ts'
import { configMap, deployment } from './objects.ts'
import { expectStatus } from './observe.ts'

const stale = (resource: string, name: string) => ({
  kind: 'Status',
  status: 'Failure',
  code: 409,
  reason: 'Conflict',
  message: `Operation cannot be fulfilled on ${resource} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
})

contract('optimistic concurrency', (check) => {
  check('a PUT of a version that was overtaken is a Conflict', async (cluster) => {
    const ns = await cluster.namespace()
    const first = await ns.create('configmaps', configMap('one', { a: '1' }))
    expectStatus(await ns.put('configmaps', { ...first, data: { a: '2' } }), 200)
    const late = await ns.put('configmaps', { ...first, data: { a: '3' } })
    expect(late.body).toMatchObject({ ...stale('configmaps', 'one'), details: { name: 'one', kind: 'configmaps' } })
    expect((await ns.read('configmaps', 'one')).data).toEqual({ a: '2' })
  })

  check('a group is named in the conflict too', async (cluster) => {
    const ns = await cluster.namespace()
    const first = await ns.create('deployments', deployment('one', { replicas: 0, paused: true }))
    expectStatus(await ns.patch('merge', 'deployments', 'one', { metadata: { labels: { a: 'b' } } }), 200)
    const late = await ns.put('deployments', first)
    expect(late.body).toMatchObject({
      ...stale('deployments.apps', 'one'),
      details: { name: 'one', group: 'apps', kind: 'deployments' },
    })
  })

  check('a PUT without a version overwrites', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('configmaps', configMap('one', { a: '1' }))
    const body = configMap('one', { b: '2' })
    const answer = await cluster.call('PUT', ns.path('configmaps', 'one'), { body })
    expect(expectStatus(answer, 200).data).toEqual({ b: '2' })
  })

  check('a patch that names a version is held to it', async (cluster) => {
    const ns = await cluster.namespace()
    const first = await ns.create('configmaps', configMap('one', { a: '1' }))
    expectStatus(await ns.patch('merge', 'configmaps', 'one', { data: { a: '2' } }), 200)
    const metadata = { resourceVersion: first.metadata.resourceVersion }
    const late = await ns.patch('merge', 'configmaps', 'one', { metadata, data: { a: '3' } })
    expect(late.body).toMatchObject(stale('configmaps', 'one'))
  })

  check('of writers with the same version exactly one wins', async (cluster) => {
    const ns = await cluster.namespace()
    const first = await ns.create('configmaps', configMap('one', { by: 'nobody' }))
    const writers = Array.from({ length: 8 }, (_, n) => ns.put('configmaps', { ...first, data: { by: String(n) } }))
    const statuses = (await Promise.all(writers)).map((answer) => answer.status).sort()
    expect(statuses).toEqual([200, ...Array.from({ length: 7 }, () => 409)])
  })

  check('of creators of one name exactly one wins', async (cluster) => {
    const ns = await cluster.namespace()
    const creators = Array.from({ length: 8 }, () => ns.post('configmaps', configMap('one')))
    const statuses = (await Promise.all(creators)).map((answer) => answer.status).sort()
    expect(statuses).toEqual([201, ...Array.from({ length: 7 }, () => 409)])
  })

  check('patches of different fields at once are all kept', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('configmaps', configMap('one'))
    const keys = Array.from({ length: 5 }, (_, n) => `key-${n}`)
    await Promise.all(
      keys.map(async (key) =>
        expectStatus(await ns.patch('merge', 'configmaps', 'one', { data: { [key]: 'x' } }), 200),
      ),
    )
    expect(Object.keys((await ns.read('configmaps', 'one')).data).sort()).toEqual(keys)
  })

  check('a deletion can be bound to the identity and the version that were seen', async (cluster) => {
    const ns = await cluster.namespace()
    const { metadata } = await ns.create('configmaps', configMap('one', { a: '1' }))
    const other = await ns.delete('configmaps', 'one', {
      preconditions: { uid: '11111111-1111-1111-1111-111111111111' },
    })
    expect(other.body).toMatchObject({ code: 409, reason: 'Conflict' })
    expect(other.body.message).toContain(`does not match the UID in record (${metadata.uid})`)
    expectStatus(await ns.patch('merge', 'configmaps', 'one', { data: { a: '2' } }), 200)
    const old = await ns.delete('configmaps', 'one', { preconditions: { resourceVersion: metadata.resourceVersion } })
    expect(old.body).toMatchObject({ code: 409, reason: 'Conflict' })
    expectStatus(await ns.delete('configmaps', 'one', { preconditions: { uid: metadata.uid } }), 200)
  })

  check('a name made again is another object, which an old identity cannot update', async (cluster) => {
    const ns = await cluster.namespace()
    const first = await ns.create('configmaps', configMap('one'))
    expectStatus(await ns.delete('configmaps', 'one'), 200)
    const second = await ns.create('configmaps', configMap('one'))
    expect(second.metadata.uid).not.toBe(first.metadata.uid)
    expect((await ns.put('configmaps', first)).body).toMatchObject({ code: 409, reason: 'Conflict' })
  })

  check('versions of one resource grow with every write', async (cluster) => {
    const ns = await cluster.namespace()
    const seen: number[] = []
    for (const name of ['a', 'b', 'c'])
      seen.push(Number((await ns.create('configmaps', configMap(name))).metadata.resourceVersion))
    seen.push(Number(expectStatus(await ns.get('configmaps'), 200).metadata.resourceVersion))
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    expect(new Set(seen.slice(0, 3)).size).toBe(3)
  })
})
