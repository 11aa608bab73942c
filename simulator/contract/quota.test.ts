import { expect } from 'vitest'
import { contract } from './cluster.ts'
import { type Namespace } from './namespace.ts'
import { claim, configMap, container, deployment, job, pod, service } from './objects.ts'
import { at, conditionOf, eventually, expectStatus } from './observe.ts'

/** Makes a quota and waits until it counts: before, everything is refused. */
async function quota(ns: Namespace, hard: Record<string, string>): Promise<void> {
  await ns.create('resourcequotas', {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'limit' },
    spec: { hard },
  })
  await eventually(
    'the quota counts',
    async () => at(await ns.read('resourcequotas', 'limit'), 'status.used') !== undefined,
  )
}

const used = async (ns: Namespace) => at(await ns.read('resourcequotas', 'limit'), 'status.used')

/**
 * Tries until it is refused like this, without leaving anything behind. Under load the quota controller may write back a
 * count from before the last object, and look again only when the quota itself is changed; so it is.
 */
const refused = (ns: Namespace, resource: string, body: object, message: RegExp | string) => {
  let tries = 0
  return eventually(`a refusal: ${message}`, async () => {
    const answer = await ns.post(resource, body, { dryRun: 'All' })
    if (answer.status === 201) {
      const hard = { 'count/leases.coordination.k8s.io': String(++tries) }
      expectStatus(await ns.patch('merge', 'resourcequotas', 'limit', { spec: { hard } }), 200)
    }
    expect(answer.body).toMatchObject(forbidden(message))
    return true
  })
}

const unscheduled = (name: string, resources: object = { requests: { cpu: '10m' } }) =>
  pod(name, { schedulerName: 'nobody', containers: [container({ resources })] })

const limits = (item: object) => ({
  apiVersion: 'v1',
  kind: 'LimitRange',
  metadata: { name: 'one' },
  spec: { limits: [{ type: 'Container', ...item }] },
})

const forbidden = (message: RegExp | string) => ({
  kind: 'Status',
  code: 403,
  reason: 'Forbidden',
  message: (typeof message === 'string' ? message : expect.stringMatching(message)) as string,
})

contract('quota and limits', (check) => {
  check('a quota reports what is used of what is allowed', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('pods', unscheduled('before'))
    await quota(ns, { pods: '2', 'requests.cpu': '1', 'requests.memory': '1Gi', 'limits.cpu': '2' })
    await eventually('the pod that was there counts', async () => at(await used(ns), 'pods') === '1')
    const status = at(await ns.read('resourcequotas', 'limit'), 'status')
    expect(status).toEqual({
      hard: { pods: '2', 'requests.cpu': '1', 'requests.memory': '1Gi', 'limits.cpu': '2' },
      used: { pods: '1', 'requests.cpu': '10m', 'requests.memory': '0', 'limits.cpu': '0' },
    })
  })

  check('what exceeds is refused with what was asked, used and allowed', async (cluster) => {
    const ns = await cluster.namespace()
    await quota(ns, { pods: '1', 'requests.cpu': '100m' })
    const big = await ns.post('pods', unscheduled('big', { requests: { cpu: '1' } }))
    expect(big.body).toMatchObject(
      forbidden(
        'pods "big" is forbidden: exceeded quota: limit, requested: requests.cpu=1, used: requests.cpu=0, limited: requests.cpu=100m',
      ),
    )
    expect(big.body.details).toEqual({ name: 'big', kind: 'pods' })
    await ns.create('pods', unscheduled('one'))
    await refused(
      ns,
      'pods',
      unscheduled('two'),
      'pods "two" is forbidden: exceeded quota: limit, requested: pods=1, used: pods=1, limited: pods=1',
    )
  })

  check('a pod that does not say what it needs is refused', async (cluster) => {
    const ns = await cluster.namespace()
    await quota(ns, { 'requests.cpu': '1', 'limits.memory': '1Gi' })
    const answer = await ns.post('pods', unscheduled('one', {}))
    expect(answer.body).toMatchObject(
      forbidden(
        'pods "one" is forbidden: failed quota: limit: must specify limits.memory for: main; requests.cpu for: main',
      ),
    )
  })

  check('what is deleted gives its share back', async (cluster) => {
    const ns = await cluster.namespace()
    await quota(ns, { pods: '1' })
    await ns.create('pods', unscheduled('one'))
    expect(at(await used(ns), 'pods')).toBe('1')
    expectStatus(await ns.delete('pods', 'one', { gracePeriodSeconds: 0 }), 200)
    await eventually('room again', async () => at(await used(ns), 'pods') === '0')
    await eventually('room for another', async () => (await ns.post('pods', unscheduled('two'))).status === 201)
  })

  check('a pod that has ended does not count', async (cluster) => {
    const ns = await cluster.namespace()
    await quota(ns, { pods: '1' })
    await ns.create('jobs', job('one', 'exit 0'))
    await eventually(
      'the job has ended',
      async () => conditionOf(await ns.read('jobs', 'one'), 'Complete')?.status === 'True',
    )
    await eventually('room again', async () => at(await used(ns), 'pods') === '0')
    expect(await ns.list('pods')).toHaveLength(1)
    await eventually('room for another', async () => (await ns.post('pods', unscheduled('two'))).status === 201)
  })

  check('objects are counted, and storage and services by kind', async (cluster) => {
    const ns = await cluster.namespace()
    const hard = {
      'count/secrets': '1',
      persistentvolumeclaims: '2',
      'requests.storage': '20Mi',
      services: '3',
      'services.nodeports': '0',
      'services.loadbalancers': '0',
    }
    await quota(ns, hard)
    const secret = (name: string) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name } })
    await ns.create('secrets', secret('one'))
    await refused(
      ns,
      'secrets',
      secret('two'),
      /requested: count\/secrets=1, used: count\/secrets=1, limited: count\/secrets=1/,
    )
    await ns.create('persistentvolumeclaims', claim('one'))
    await refused(
      ns,
      'persistentvolumeclaims',
      claim('two'),
      /requested: requests.storage=16Mi, used: requests.storage=16Mi, limited: requests.storage=20Mi/,
    )
    await ns.create('services', service('one'))
    for (const type of ['NodePort', 'LoadBalancer']) {
      expect((await ns.post('services', service('two', { type }))).body).toMatchObject(
        forbidden(/exceeded quota: limit/),
      )
    }
    expect(await used(ns)).toMatchObject({
      'count/secrets': '1',
      persistentvolumeclaims: '1',
      'requests.storage': '16Mi',
      services: '1',
    })
  })

  check('of creators at once no more get in than fit', async (cluster) => {
    const ns = await cluster.namespace()
    await quota(ns, { 'count/secrets': '3' })
    const bodies = Array.from({ length: 8 }, (_, n) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `s-${n}` },
    }))
    const answers = await Promise.all(bodies.map((body) => ns.post('secrets', body)))
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(3)
    expect(await ns.list('secrets')).toHaveLength(3)
  })

  check('a deployment that does not fit says so, and grows once there is room', async (cluster) => {
    const ns = await cluster.namespace()
    await quota(ns, { pods: '1' })
    await ns.create('deployments', deployment('one', { replicas: 2 }))
    const failing = await eventually('ReplicaFailure', async () =>
      conditionOf(await ns.read('deployments', 'one'), 'ReplicaFailure'),
    )
    expect(failing).toMatchObject({
      status: 'True',
      reason: 'FailedCreate',
      message: expect.stringContaining('exceeded quota: limit') as string,
    })
    expectStatus(await ns.patch('merge', 'resourcequotas', 'limit', { spec: { hard: { pods: '5' } } }), 200)
    await eventually('both pods', async () => (await ns.list('pods')).length === 2)
  })

  check('a limit range fills in what a container leaves out', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create(
      'limitranges',
      limits({ default: { cpu: '200m', memory: '64Mi' }, defaultRequest: { cpu: '50m', memory: '32Mi' } }),
    )
    const made = await ns.create('pods', unscheduled('one', { requests: { cpu: '20m' } }))
    expect(at(made, 'spec.containers.0.resources')).toEqual({
      limits: { cpu: '200m', memory: '64Mi' },
      requests: { cpu: '20m', memory: '32Mi' },
    })
    expect(made.metadata.annotations?.['kubernetes.io/limit-ranger']).toContain(
      'LimitRanger plugin set: memory request for container main; cpu, memory limit for container main',
    )
  })

  check('a limit range refuses what is too small, too big or out of proportion', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create(
      'limitranges',
      limits({ min: { cpu: '20m' }, max: { cpu: '500m' }, maxLimitRequestRatio: { cpu: '4' } }),
    )
    const cases: [resources: object, message: RegExp][] = [
      [
        { requests: { cpu: '10m' }, limits: { cpu: '20m' } },
        /minimum cpu usage per Container is 20m, but request is 10m/,
      ],
      [{ requests: { cpu: '500m' }, limits: { cpu: '1' } }, /maximum cpu usage per Container is 500m, but limit is 1/],
      [
        { requests: { cpu: '20m' }, limits: { cpu: '400m' } },
        /cpu max limit to request ratio per Container is 4, but provided ratio is 20/,
      ],
    ]
    for (const [resources, message] of cases) {
      expect((await ns.post('pods', unscheduled('one', resources))).body, String(message)).toMatchObject(
        forbidden(message),
      )
    }
    expect(
      (await ns.post('pods', unscheduled('one', { requests: { cpu: '100m' }, limits: { cpu: '200m' } }))).status,
    ).toBe(201)
  })

  check('a limit range sets its own defaults from its maximum', async (cluster) => {
    const ns = await cluster.namespace()
    const made = await ns.create('limitranges', limits({ max: { cpu: '1' } }))
    expect(at(made, 'spec.limits.0')).toEqual({
      type: 'Container',
      max: { cpu: '1' },
      default: { cpu: '1' },
      defaultRequest: { cpu: '1' },
    })
  })

  check('claims are held to a limit range of their own', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('limitranges', limits({ type: 'PersistentVolumeClaim', max: { storage: '10Mi' } }))
    expect((await ns.post('persistentvolumeclaims', claim('one'))).body).toMatchObject(
      forbidden(/maximum storage usage per PersistentVolumeClaim is 10Mi, but request is 16Mi/),
    )
  })

  check('an impossible limit range is Invalid', async (cluster) => {
    const ns = await cluster.namespace()
    const answer = await ns.post('limitranges', limits({ min: { cpu: '2' }, max: { cpu: '1' } }))
    expect(answer.body).toMatchObject({ code: 422, reason: 'Invalid' })
  })

  check('a quota does not stand in the way of what it does not count', async (cluster) => {
    const ns = await cluster.namespace()
    await quota(ns, { pods: '0' })
    await ns.create('configmaps', configMap('one'))
  })
})
