import { expect } from 'vitest'
import { contract } from './cluster.ts'
import { type Body } from './http.ts'
import { type Namespace } from './namespace.ts'
import { container, deployment } from './objects.ts'
import { type Condition, at, conditionOf, eventually, expectStatus } from './observe.ts'

/** A template that differs by one variable, so that a change of it is a rollout. */
const version = (value: string) => ({ containers: [container({ env: [{ name: 'VERSION', value }] })] })

const change = (value: string) => ({
  spec: { template: { spec: { containers: [{ name: 'main', env: [{ name: 'VERSION', value }] }] } } },
})

const roll = async (ns: Namespace, patch: object): Promise<Body> =>
  expectStatus(await ns.patch('strategic', 'deployments', 'one', patch), 200)

/** What `kubectl rollout status` waits for. */
const rolledOut = (ns: Namespace, replicas: number) =>
  eventually(`one is rolled out with ${replicas}`, async () => {
    const read = await ns.read('deployments', 'one')
    const status = read.status as Record<string, number>
    const done =
      status['observedGeneration'] === read.metadata.generation &&
      [status['replicas'], status['updatedReplicas'], status['availableReplicas']].every(
        (count) => (count ?? 0) === replicas,
      )
    return done && read
  })

/**
 * Watches how many pods all replica sets together ask for, after each change of one. (Their counts of pods that are
 * there lag behind each other, so that the deployment's own count can be too high for a moment.)
 */
async function watchSizes(ns: Namespace): Promise<() => number[]> {
  const watch = await ns.watch('replicasets')
  await eventually('the sets that are there', () => watch.events.length > 0)
  return () => {
    watch.close()
    const latest = new Map<string, number>()
    return watch.events.map((event) => {
      latest.set(event.object.metadata.name, event.type === 'DELETED' ? 0 : Number(at(event.object, 'spec.replicas')))
      return [...latest.values()].reduce((sum, size) => sum + size, 0)
    })
  }
}

const revisionOf = (object: Body) => object.metadata.annotations?.['deployment.kubernetes.io/revision']

contract('deployments', (check) => {
  check('a deployment makes a replica set and pods, and counts them in its status', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('deployments', deployment('one', { replicas: 2 }))
    const ready = await rolledOut(ns, 2)
    expect(ready.status).toMatchObject({
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
    })
    expect(ready.status).not.toHaveProperty('unavailableReplicas')
    expect(conditionOf(ready, 'Available')).toMatchObject({
      status: 'True',
      reason: 'MinimumReplicasAvailable',
      message: 'Deployment has minimum availability.',
    })
    expect(revisionOf(ready)).toBe('1')
    const [set, ...others] = await ns.list('replicasets')
    expect(others).toEqual([])
    const hash = set?.metadata.labels?.['pod-template-hash']
    expect(set?.metadata.name).toBe(`one-${hash}`)
    expect(at(set, 'spec.selector.matchLabels')).toEqual({ app: 'one', 'pod-template-hash': hash })
    expect(set?.metadata.ownerReferences).toMatchObject([
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        name: 'one',
        uid: ready.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ])
    expect(set?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '1',
      'deployment.kubernetes.io/desired-replicas': '2',
      'deployment.kubernetes.io/max-replicas': '3',
    })
    expect(set?.status).toMatchObject({
      observedGeneration: 1,
      replicas: 2,
      fullyLabeledReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
    })
    for (const pod of await ns.list('pods')) {
      expect(pod.metadata.name).toMatch(new RegExp(`^one-${hash}-[a-z0-9]{5}$`))
      expect(pod.metadata.generateName).toBe(`one-${hash}-`)
      expect(pod.metadata.labels).toEqual({ app: 'one', 'pod-template-hash': hash })
      expect(pod.metadata.ownerReferences).toMatchObject([
        { kind: 'ReplicaSet', uid: set?.metadata.uid, controller: true, blockOwnerDeletion: true },
      ])
    }
    const progressing = await eventually('Progressing is settled', async () => {
      const found = conditionOf(await ns.read('deployments', 'one'), 'Progressing')
      return found?.reason === 'NewReplicaSetAvailable' && found
    })
    expect(progressing).toMatchObject({
      status: 'True',
      message: `ReplicaSet "one-${hash}" has successfully progressed.`,
    })
  })

  check('before its pods are ready it says that it is not available', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('deployments', deployment('one', {}, { nodeSelector: { nowhere: 'true' } }))
    const waiting = await eventually('unavailable', async () => {
      const read = await ns.read('deployments', 'one')
      return conditionOf(read, 'Available') !== undefined && at(read, 'status.replicas') === 1 && read
    })
    expect(waiting.status).toMatchObject({ replicas: 1, updatedReplicas: 1, unavailableReplicas: 1 })
    expect(waiting.status).not.toHaveProperty('readyReplicas')
    expect(conditionOf(waiting, 'Available')).toMatchObject({
      status: 'False',
      reason: 'MinimumReplicasUnavailable',
      message: 'Deployment does not have minimum availability.',
    })
    expect(conditionOf(waiting, 'Progressing')).toMatchObject({ status: 'True', reason: 'ReplicaSetUpdated' })
  })

  check('a rollout never has fewer available pods than it may, nor more than it may', async (cluster) => {
    const ns = await cluster.namespace()
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
    await ns.create('deployments', deployment('one', { replicas: 2, strategy }, version('1')))
    const first = await rolledOut(ns, 2)
    const watch = await ns.watch('deployments', { resourceVersion: first.metadata.resourceVersion })
    const sizes = await watchSizes(ns)
    await roll(ns, change('2'))
    await rolledOut(ns, 2)
    watch.close()
    const available = watch.events.map((event) => Number(at(event.object, 'status.availableReplicas') ?? 0))
    expect(Math.min(...available)).toBeGreaterThanOrEqual(2)
    expect(Math.max(...sizes())).toBe(3)
    const sets = await ns.list('replicasets')
    expect(sets.map((one) => [revisionOf(one), at(one, 'spec.replicas')]).sort()).toEqual([
      ['1', 0],
      ['2', 2],
    ])
    expect(revisionOf(await ns.read('deployments', 'one'))).toBe('2')
  })

  check('without surge a pod leaves before its successor comes', async (cluster) => {
    const ns = await cluster.namespace()
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } }
    await ns.create('deployments', deployment('one', { strategy }, version('1')))
    await rolledOut(ns, 1)
    const sizes = await watchSizes(ns)
    await roll(ns, change('2'))
    await rolledOut(ns, 1)
    expect(Math.max(...sizes())).toBe(1)
  })

  check('Recreate ends all old pods before it makes a new one', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('deployments', deployment('one', { strategy: { type: 'Recreate' } }, version('1')))
    await rolledOut(ns, 1)
    const { metadata } = expectStatus(await ns.get('pods'), 200)
    const watch = await ns.watch('pods', { resourceVersion: metadata.resourceVersion })
    await roll(ns, change('2'))
    await rolledOut(ns, 1)
    const order = watch.events.filter((event) => event.type !== 'MODIFIED').map((event) => event.type)
    const old = watch.events.findIndex(
      (event) => event.type !== 'ADDED' && ['Succeeded', 'Failed'].includes(String(at(event.object, 'status.phase'))),
    )
    const added = watch.events.findIndex((event) => event.type === 'ADDED')
    // A pod counts as gone for Recreate once its containers have ended, even if its object lingers for a moment.
    expect(order).toContain('ADDED')
    const deleted = watch.events.findIndex((event) => event.type === 'DELETED')
    expect(Math.min(...[old, deleted].filter((index) => index >= 0))).toBeLessThan(added)
    watch.close()
  })

  check('a rollout back reuses the replica set that was there, as a new revision', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('deployments', deployment('one', {}, version('1')))
    await rolledOut(ns, 1)
    const [first] = await ns.list('replicasets')
    await roll(ns, change('2'))
    await rolledOut(ns, 1)
    await roll(ns, change('1'))
    await rolledOut(ns, 1)
    const sets = await ns.list('replicasets')
    expect(sets).toHaveLength(2)
    const again = sets.find((one) => one.metadata.uid === first?.metadata.uid)
    expect([revisionOf(again as Body), at(again, 'spec.replicas')]).toEqual(['3', 1])
    expect(again?.metadata.annotations?.['deployment.kubernetes.io/revision-history']).toBe('1')
  })

  check('only so many old replica sets are kept', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('deployments', deployment('one', { revisionHistoryLimit: 1 }, version('1')))
    await rolledOut(ns, 1)
    for (const value of ['2', '3']) {
      await roll(ns, change(value))
      await rolledOut(ns, 1)
    }
    const revisions = await eventually('the oldest is gone', async () => {
      const sets = await ns.list('replicasets')
      return sets.length === 2 && sets.map(revisionOf).sort()
    })
    expect(revisions).toEqual(['2', '3'])
  })

  check('an image that cannot be had stops the rollout, and the old pods serve on', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('deployments', deployment('one', { progressDeadlineSeconds: 5 }, version('1')))
    await rolledOut(ns, 1)
    await roll(ns, {
      spec: { template: { spec: { containers: [{ name: 'main', image: 'registry.invalid/missing:1' }] } } },
    })
    const failed = await eventually('the deadline has passed', async () => {
      const read = await ns.read('deployments', 'one')
      return conditionOf(read, 'Progressing')?.status === 'False' && read
    })
    const set = (await ns.list('replicasets')).find((one) => revisionOf(one) === '2')
    expect(conditionOf(failed, 'Progressing')).toMatchObject({
      reason: 'ProgressDeadlineExceeded',
      message: `ReplicaSet "${set?.metadata.name}" has timed out progressing.`,
    })
    expect(conditionOf(failed, 'Available')?.status).toBe('True')
    expect(failed.status).toMatchObject({
      replicas: 2,
      updatedReplicas: 1,
      readyReplicas: 1,
      availableReplicas: 1,
      unavailableReplicas: 1,
    })
  })

  check('scaling changes the count and nothing else', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('deployments', deployment('one'))
    await rolledOut(ns, 1)
    const scale = expectStatus(await ns.get('deployments', 'one/scale'), 200)
    expect(scale).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      spec: { replicas: 1 },
      status: { replicas: 1, selector: 'app=one' },
    })
    const put = await cluster.call('PUT', ns.path('deployments', 'one', 'scale'), {
      body: { ...scale, spec: { replicas: 3 } },
    })
    expect(at(expectStatus(put, 200), 'spec.replicas')).toBe(3)
    await rolledOut(ns, 3)
    const stale = await cluster.call('PUT', ns.path('deployments', 'one', 'scale'), {
      body: { ...scale, spec: { replicas: 2 } },
    })
    expect(stale.body).toMatchObject({ code: 409, reason: 'Conflict' })
    const none = expectStatus(await ns.patch('merge', 'deployments', 'one/scale', { spec: { replicas: 0 } }), 200)
    // Zero is left out on the wire.
    expect(none.spec).toEqual({})
    const empty = await rolledOut(ns, 0)
    expect(empty.status).not.toHaveProperty('replicas')
    expect(conditionOf(empty, 'Available')?.status).toBe('True')
    expect(await ns.list('replicasets')).toHaveLength(1)
    const negative = await ns.patch('merge', 'deployments', 'one/scale', { spec: { replicas: -1 } })
    expect(negative.body).toMatchObject({ code: 422, reason: 'Invalid' })
  })

  check('a pod that is deleted is replaced by another', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('deployments', deployment('one'))
    await rolledOut(ns, 1)
    const [old] = await ns.list('pods')
    expectStatus(await ns.delete('pods', old?.metadata.name ?? ''), 200)
    await eventually('another pod', async () => {
      const pods = await ns.list('pods')
      return pods.length === 1 && pods[0]?.metadata.uid !== old?.metadata.uid
    })
    await rolledOut(ns, 1)
  })

  check('a paused deployment takes changes and does not roll', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('deployments', deployment('one', {}, version('1')))
    await rolledOut(ns, 1)
    await roll(ns, { spec: { paused: true } })
    await roll(ns, change('2'))
    const paused = await eventually('the pause is observed', async () => {
      const read = await ns.read('deployments', 'one')
      return at(read, 'status.observedGeneration') === read.metadata.generation && read
    })
    expect(conditionOf(paused, 'Progressing')).toMatchObject<Partial<Condition>>({
      status: 'Unknown',
      reason: 'DeploymentPaused',
      message: 'Deployment is paused',
    })
    expect(await ns.list('replicasets')).toHaveLength(1)
    await roll(ns, { spec: { paused: false } })
    await rolledOut(ns, 1)
    expect(await ns.list('replicasets')).toHaveLength(2)
  })

  check('a pod that loses its label is let go and replaced; one that gains it is adopted', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('deployments', deployment('one'))
    await rolledOut(ns, 1)
    const [pod] = await ns.list('pods')
    const name = pod?.metadata.name ?? ''
    expectStatus(await ns.patch('merge', 'pods', name, { metadata: { labels: { app: 'other' } } }), 200)
    await eventually('released and replaced', async () => {
      const owners = (await ns.read('pods', name)).metadata.ownerReferences ?? []
      return owners.length === 0 && (await ns.list('pods', { labelSelector: 'app=one' })).length === 1
    })
    expectStatus(await ns.patch('merge', 'pods', name, { metadata: { labels: { app: 'one' } } }), 200)
    await eventually(
      'one too many is removed',
      async () => (await ns.list('pods')).filter((one) => one.metadata.deletionTimestamp === undefined).length === 1,
    )
  })

  check('minReadySeconds delays availability, not readiness', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('deployments', deployment('one', { minReadySeconds: 2 }))
    const available = conditionOf(await rolledOut(ns, 1), 'Available')
    const [pod] = await ns.list('pods')
    const ready = pod && conditionOf(pod, 'Ready')
    const waited = Date.parse(available?.lastTransitionTime ?? '') - Date.parse(ready?.lastTransitionTime ?? '')
    expect(waited).toBeGreaterThanOrEqual(2000)
  })
})
