import { expect } from 'vitest'
import { contract } from './cluster.ts'
import { type Body } from './http.ts'
import { configMap, deployment, service } from './objects.ts'
import { at, expectStatus } from './observe.ts'

/** Who owns what, as `manager operation [subresource]` → fields. */
function owners(object: Body): Record<string, unknown> {
  const entries = object.metadata.managedFields ?? []
  return Object.fromEntries(
    entries.map((one) => [
      [one.manager, one.operation, one.subresource].filter((part) => part).join(' '),
      one.fieldsV1,
    ]),
  )
}

const map = (data: Record<string, string>, metadata = {}) => configMap('one', data, metadata)

contract('server-side apply', (check) => {
  check('the first apply creates, the same again changes nothing', async (cluster) => {
    const ns = await cluster.namespace()
    const body = map({ a: '1' }, { labels: { x: 'y' } })
    const made = expectStatus(await ns.apply('configmaps', 'me', body), 201)
    expect(made.metadata.managedFields).toEqual([
      {
        manager: 'me',
        operation: 'Apply',
        apiVersion: 'v1',
        time: made.metadata.creationTimestamp,
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { 'f:a': {} }, 'f:metadata': { 'f:labels': { 'f:x': {} } } },
      },
    ])
    const again = expectStatus(await ns.apply('configmaps', 'me', body), 200)
    expect(again.metadata.resourceVersion).toBe(made.metadata.resourceVersion)
  })

  check('what another manager owns cannot be changed unless forced, which takes it over', async (cluster) => {
    const ns = await cluster.namespace()
    expectStatus(await ns.apply('configmaps', 'me', map({ a: '1', b: '1' })), 201)
    const refused = await ns.apply('configmaps', 'you', map({ a: '2', b: '2' }))
    expect(refused.body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'Apply failed with 2 conflicts: conflicts with "me":\n- .data.a\n- .data.b',
      reason: 'Conflict',
      details: {
        causes: [
          { reason: 'FieldManagerConflict', message: 'conflict with "me"', field: '.data.a' },
          { reason: 'FieldManagerConflict', message: 'conflict with "me"', field: '.data.b' },
        ],
      },
      code: 409,
    })
    const forced = expectStatus(await ns.apply('configmaps', 'you', map({ a: '2' }), { force: true }), 200)
    expect(forced.data).toEqual({ a: '2', b: '1' })
    expect(owners(forced)).toEqual({
      'me Apply': { 'f:data': { 'f:b': {} } },
      'you Apply': { 'f:data': { 'f:a': {} } },
    })
  })

  check('a field that is left out goes, unless somebody else owns it too', async (cluster) => {
    const ns = await cluster.namespace()
    expectStatus(await ns.apply('configmaps', 'me', map({ a: '1', both: '1' })), 201)
    expectStatus(await ns.apply('configmaps', 'you', map({ both: '1' })), 200)
    const less = expectStatus(await ns.apply('configmaps', 'me', map({})), 200)
    expect(less.data).toEqual({ both: '1' })
    const none = expectStatus(await ns.apply('configmaps', 'you', map({})), 200)
    expect(none.data ?? {}).toEqual({})
  })

  check('an update takes ownership away from who applied', async (cluster) => {
    const ns = await cluster.namespace()
    expectStatus(await ns.apply('configmaps', 'me', map({ a: '1', b: '1' })), 201)
    const patched = await ns.patch('merge', 'configmaps', 'one', { data: { a: '2' } }, { fieldManager: 'editor' })
    expect(owners(expectStatus(patched, 200))).toEqual({
      'me Apply': { 'f:data': { 'f:b': {} } },
      'editor Update': { 'f:data': { 'f:a': {} } },
    })
    const conflict = await ns.apply('configmaps', 'me', map({ a: '1', b: '1' }))
    expect(conflict.body.details.causes?.[0]?.message).toMatch(/^conflict with "editor" using v1/)
    const forced = expectStatus(await ns.apply('configmaps', 'me', map({ a: '1', b: '1' }), { force: true }), 200)
    expect(Object.keys(owners(forced))).toEqual(['me Apply'])
  })

  check('an apply that agrees with a value shares it', async (cluster) => {
    const ns = await cluster.namespace()
    expectStatus(await ns.apply('configmaps', 'me', map({ a: '1' })), 201)
    const shared = expectStatus(await ns.apply('configmaps', 'you', map({ a: '1' })), 200)
    expect(owners(shared)).toEqual({
      'me Apply': { 'f:data': { 'f:a': {} } },
      'you Apply': { 'f:data': { 'f:a': {} } },
    })
  })

  check('containers, ports and variables are owned one by one', async (cluster) => {
    const ns = await cluster.namespace()
    const base = deployment('one', { replicas: 0 })
    expectStatus(await ns.apply('deployments', 'me', base), 201)
    const extra = (env: unknown[]) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'one' },
      spec: {
        template: {
          spec: {
            containers: [
              { name: 'main', env },
              { name: 'side', image: 'busybox:1.36' },
            ],
          },
        },
      },
    })
    const both = expectStatus(await ns.apply('deployments', 'you', extra([{ name: 'A', value: '1' }])), 200)
    expect(at(both, 'spec.template.spec.containers')).toMatchObject([
      { name: 'main', image: 'busybox:1.36', env: [{ name: 'A', value: '1' }] },
      { name: 'side' },
    ])
    expect(at(owners(both)['you Apply'], 'f:spec.f:template.f:spec.f:containers')).toMatchObject({
      'k:{"name":"main"}': {
        '.': {},
        'f:name': {},
        'f:env': { 'k:{"name":"A"}': { '.': {}, 'f:name': {}, 'f:value': {} } },
      },
      'k:{"name":"side"}': { '.': {}, 'f:name': {}, 'f:image': {} },
    })
    const mine = expectStatus(await ns.apply('deployments', 'me', base), 200)
    expect(at(mine, 'spec.template.spec.containers')).toHaveLength(2)
    const gone = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'one' } }
    const left = expectStatus(await ns.apply('deployments', 'you', gone), 200)
    expect(at(left, 'spec.template.spec.containers')).toHaveLength(1)
    expect(at(left, 'spec.template.spec.containers.0.env')).toBeUndefined()
  })

  check('ports of a service are keyed by port and protocol', async (cluster) => {
    const ns = await cluster.namespace()
    const ports = (...list: object[]) => ({ ...service('one', { selector: { app: 'one' }, ports: list }) })
    const made = expectStatus(await ns.apply('services', 'me', ports({ name: 'a', port: 80 })), 201)
    expect(at(owners(made)['me Apply'], 'f:spec.f:ports')).toEqual({
      'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:name': {}, 'f:port': {} },
    })
    const two = { ...ports({ name: 'b', port: 81 }), spec: { ports: [{ name: 'b', port: 81 }] } }
    const both = expectStatus(await ns.apply('services', 'you', two), 200)
    expect(at(both, 'spec.ports')).toMatchObject([
      { name: 'a', port: 80 },
      { name: 'b', port: 81 },
    ])
    const again = expectStatus(await ns.apply('services', 'me', ports({ name: 'a', port: 82 })), 200)
    expect((at(again, 'spec.ports') as { port: number }[]).map((one) => one.port).sort()).toEqual([81, 82])
  })

  check('lists without keys are replaced as a whole', async (cluster) => {
    const ns = await cluster.namespace()
    expectStatus(await ns.apply('deployments', 'me', deployment('one', { replicas: 0 })), 201)
    const args = (list: string[]) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'one' },
      spec: { template: { spec: { containers: [{ name: 'main', args: list }] } } },
    })
    expectStatus(await ns.apply('deployments', 'you', args(['a', 'b'])), 200)
    const next = expectStatus(await ns.apply('deployments', 'you', args(['c'])), 200)
    expect(at(next, 'spec.template.spec.containers.0.args')).toEqual(['c'])
    const other = await ns.apply('deployments', 'third', args(['c', 'd']))
    expect(other.body.details.causes).toMatchObject([
      { field: '.spec.template.spec.containers[name="main"].args', message: 'conflict with "you"' },
    ])
  })

  check('finalizers are a set: each manager brings its own', async (cluster) => {
    const ns = await cluster.namespace()
    const held = (name: string) => map({}, { finalizers: [name] })
    expectStatus(await ns.apply('configmaps', 'me', held('contract.example/a')), 201)
    const both = expectStatus(await ns.apply('configmaps', 'you', held('contract.example/b')), 200)
    expect(both.metadata.finalizers).toEqual(['contract.example/a', 'contract.example/b'])
    expect(at(owners(both), 'you Apply.f:metadata.f:finalizers')).toEqual({ 'v:"contract.example/b"': {} })
    expect(expectStatus(await ns.apply('configmaps', 'me', map({})), 200).metadata.finalizers).toEqual([
      'contract.example/b',
    ])
    expectStatus(await ns.apply('configmaps', 'you', map({})), 200)
  })

  check('replicas that were scaled stay when every apply leaves them out', async (cluster) => {
    const ns = await cluster.namespace()
    const { replicas: _, ...spec } = deployment('one').spec as Record<string, unknown>
    const body = { ...deployment('one'), spec: { ...spec, paused: true } }
    expectStatus(await ns.apply('deployments', 'me', body), 201)
    expectStatus(await ns.patch('merge', 'deployments', 'one/scale', { spec: { replicas: 2 } }), 200)
    expect(at(expectStatus(await ns.apply('deployments', 'me', body), 200), 'spec.replicas')).toBe(2)
  })

  check('replicas that were applied and then scaled are a conflict with the scaler', async (cluster) => {
    const ns = await cluster.namespace()
    const body = deployment('one', { paused: true })
    expectStatus(await ns.apply('deployments', 'me', body), 201)
    const scale = { spec: { replicas: 2 } }
    expectStatus(await ns.patch('merge', 'deployments', 'one/scale', scale, { fieldManager: 'scaler' }), 200)
    const scaled = owners(await ns.read('deployments', 'one'))
    expect(scaled['scaler Update scale']).toEqual({ 'f:spec': { 'f:replicas': {} } })
    expect(at(scaled['me Apply'], 'f:spec')).not.toHaveProperty('f:replicas')
    const message = /^conflict with "scaler" with subresource "scale" using apps\/v1/
    expect((await ns.apply('deployments', 'me', body)).body.details.causes).toEqual([
      { reason: 'FieldManagerConflict', message: expect.stringMatching(message) as string, field: '.spec.replicas' },
    ])
  })

  check('status is applied through its subresource and owned apart', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('services', service('one', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false }))
    const body = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'one' },
      status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
    }
    const answer = await ns.patch('apply', 'services', 'one/status', body, { fieldManager: 'balancer' })
    const applied = expectStatus(answer, 200)
    expect(applied.status).toMatchObject(body.status)
    expect(owners(applied)['balancer Apply status']).toHaveProperty('f:status')
  })

  check('an apply needs a manager, its own name, and no managed fields', async (cluster) => {
    const ns = await cluster.namespace()
    const anonymous = await ns.patch('apply', 'configmaps', 'one', map({}))
    expect(anonymous.body).toMatchObject({
      code: 422,
      details: { causes: [{ field: 'fieldManager', reason: 'FieldValueRequired' }] },
    })
    const misnamed = await ns.patch('apply', 'configmaps', 'two', map({}), { fieldManager: 'me' })
    expect(misnamed.body).toMatchObject({ code: 400, reason: 'BadRequest' })
    const made = expectStatus(await ns.apply('configmaps', 'me', map({ a: '1' })), 201)
    const carried = await ns.apply('configmaps', 'me', map({}, { managedFields: made.metadata.managedFields }))
    expect(carried.body).toMatchObject({ code: 400, message: 'metadata.managedFields must be nil' })
    const force = await ns.patch('merge', 'configmaps', 'one', {}, { force: true })
    expect(force.body).toMatchObject({
      code: 422,
      details: { causes: [{ field: 'force', reason: 'FieldValueForbidden' }] },
    })
  })

  check('an apply with a version or an identity is held to it', async (cluster) => {
    const ns = await cluster.namespace()
    const first = expectStatus(await ns.apply('configmaps', 'me', map({ a: '1' })), 201)
    expectStatus(await ns.apply('configmaps', 'me', map({ a: '2' })), 200)
    const stale = await ns.apply(
      'configmaps',
      'me',
      map({ a: '3' }, { resourceVersion: first.metadata.resourceVersion }),
    )
    expect(stale.body).toMatchObject({ code: 409, reason: 'Conflict' })
    const other = await ns.apply('configmaps', 'me', map({ a: '3' }, { uid: '11111111-1111-1111-1111-111111111111' }))
    expect(other.body).toMatchObject({ code: 422, reason: 'Invalid' })
    expect(other.body.details.causes?.[0]?.field).toBe('metadata.uid')
    const absent = await ns.apply('configmaps', 'me', configMap('absent', {}, { uid: first.metadata.uid }))
    expect(absent.body).toMatchObject({ code: 409, reason: 'Conflict' })
  })

  check('defaults belong to nobody, so that a later apply may set them', async (cluster) => {
    const ns = await cluster.namespace()
    const { replicas: _, ...spec } = deployment('one').spec as Record<string, unknown>
    const made = expectStatus(
      await ns.apply('deployments', 'me', { ...deployment('one'), spec: { ...spec, paused: true } }),
      201,
    )
    expect(at(made, 'spec.replicas')).toBe(1)
    expect(at(owners(made)['me Apply'], 'f:spec')).not.toHaveProperty('f:replicas')
    const set = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'one' }, spec: { replicas: 0 } }
    expectStatus(await ns.apply('deployments', 'you', set), 200)
  })

  check('an invalid result is refused with its causes, and nothing is stored', async (cluster) => {
    const ns = await cluster.namespace()
    const body = map({ 'not a key': '1' })
    expect((await ns.apply('configmaps', 'me', body)).body).toMatchObject({
      code: 422,
      reason: 'Invalid',
      details: { name: 'one', kind: 'ConfigMap' },
    })
    expect((await ns.get('configmaps', 'one')).status).toBe(404)
    const unknown = await ns.apply('configmaps', 'me', { ...map({}), colour: 'red' })
    expect(unknown.status).toBe(500)
  })

  check('emptying managedFields forgets who owns what', async (cluster) => {
    const ns = await cluster.namespace()
    expectStatus(await ns.apply('configmaps', 'me', map({ a: '1' })), 201)
    const cleared = await ns.patch('merge', 'configmaps', 'one', { metadata: { managedFields: [{}] } })
    expect(expectStatus(cleared, 200).metadata.managedFields).toBeUndefined()
    expectStatus(await ns.apply('configmaps', 'you', map({ a: '2' })), 409)
  })
})
