import { expect } from 'vitest'
import { contract } from './cluster.ts'
import { type Body } from './http.ts'
import { type Namespace } from './namespace.ts'
import { claim, container, service, statefulSet } from './objects.ts'
import { at, eventually, expectStatus } from './observe.ts'

const version = (value: string) => ({ containers: [container({ env: [{ name: 'VERSION', value }] })] })
const change = (value: string) => ({
  spec: { template: { spec: { containers: [{ name: 'main', env: [{ name: 'VERSION', value }] }] } } },
})
const versionOf = (pod: Body) => at(pod, 'spec.containers.0.env.0.value')

const rolledOut = (ns: Namespace, replicas: number) =>
  eventually(`web is rolled out with ${replicas}`, async () => {
    const read = await ns.read('statefulsets', 'web')
    const status = read.status as Record<string, number | string>
    const counts = [status['replicas'], status['readyReplicas'] ?? 0, status['updatedReplicas'] ?? 0]
    const done =
      status['observedGeneration'] === read.metadata.generation && counts.every((count) => count === replicas)
    return done && status['currentRevision'] === status['updateRevision'] && read
  })

/** The names of pods in the order in which events of this type arrived. */
const order = (events: readonly { type: string; object: Body }[], type: string) =>
  events.filter((event) => event.type === type).map((event) => event.object.metadata.name)

const scale = async (ns: Namespace, replicas: number) =>
  expectStatus(await ns.patch('merge', 'statefulsets', 'web/scale', { spec: { replicas } }), 200)

contract('stateful sets', (check) => {
  check('pods come one after the other, each ready before the next, with names that last', async (cluster) => {
    const ns = await cluster.namespace()
    const watch = await ns.watch('pods', { resourceVersion: 0 })
    await ns.create('services', service('web', { clusterIP: 'None' }))
    await ns.create('statefulsets', statefulSet('web', { replicas: 2 }))
    const ready = await rolledOut(ns, 2)
    expect(ready.status).toMatchObject({
      observedGeneration: 1,
      replicas: 2,
      readyReplicas: 2,
      currentReplicas: 2,
      updatedReplicas: 2,
      availableReplicas: 2,
      collisionCount: 0,
    })
    expect(at(ready, 'status.currentRevision')).toMatch(/^web-[a-z0-9]+$/)
    expect(order(watch.events, 'ADDED')).toEqual(['web-0', 'web-1'])
    const second = watch.events.findIndex((event) => event.type === 'ADDED' && event.object.metadata.name === 'web-1')
    const before = watch.events.slice(0, second).findLast((event) => event.object.metadata.name === 'web-0')
    expect(at(before?.object, 'status.conditions')).toContainEqual(
      expect.objectContaining({ type: 'Ready', status: 'True' }),
    )
    watch.close()
    const pod = await ns.read('pods', 'web-1')
    expect(pod.metadata.labels).toEqual({
      app: 'web',
      'apps.kubernetes.io/pod-index': '1',
      'controller-revision-hash': at(ready, 'status.updateRevision'),
      'statefulset.kubernetes.io/pod-name': 'web-1',
    })
    expect(pod.spec).toMatchObject({ hostname: 'web-1', subdomain: 'web' })
    expect(pod.metadata.generateName).toBe('web-')
    expect(pod.metadata.ownerReferences).toMatchObject([
      { kind: 'StatefulSet', name: 'web', uid: ready.metadata.uid, controller: true, blockOwnerDeletion: true },
    ])
  })

  check('a pod that is deleted comes back under its name, as another object', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('statefulsets', statefulSet('web'))
    await rolledOut(ns, 1)
    const old = await ns.read('pods', 'web-0')
    expectStatus(await ns.delete('pods', 'web-0'), 200)
    await eventually('web-0 is another', async () => {
      const answer = await ns.get('pods', 'web-0')
      return (
        answer.status === 200 &&
        answer.body.metadata.uid !== old.metadata.uid &&
        at(answer.body, 'status.phase') === 'Running'
      )
    })
  })

  check('an update goes from the last pod to the first, one at a time', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('statefulsets', statefulSet('web', { replicas: 2 }, version('1')))
    const first = await rolledOut(ns, 2)
    const { metadata } = expectStatus(await ns.get('pods'), 200)
    const watch = await ns.watch('pods', { resourceVersion: metadata.resourceVersion })
    expectStatus(await ns.patch('strategic', 'statefulsets', 'web', change('2')), 200)
    const next = await eventually('another revision is rolled out', async () => {
      const read = await rolledOut(ns, 2)
      return at(read, 'status.currentRevision') !== at(first, 'status.currentRevision') && read
    })
    expect(order(watch.events, 'ADDED')).toEqual(['web-1', 'web-0'])
    const last = watch.events.findIndex(
      (event) => event.object.metadata.name === 'web-0' && event.object.metadata.deletionTimestamp !== undefined,
    )
    const ready = watch.events.slice(0, last).findLast((event) => event.object.metadata.name === 'web-1')
    expect(versionOf(ready?.object as Body)).toBe('2')
    expect(at(ready?.object, 'status.phase')).toBe('Running')
    watch.close()
    const revisions = await ns.list('controllerrevisions')
    expect(revisions.map((one) => one['revision']).sort()).toEqual([1, 2])
    expect(revisions.map((one) => one.metadata.name)).toContain(at(next, 'status.updateRevision'))
  })

  check('a partition keeps the pods below it as they are', async (cluster) => {
    const ns = await cluster.namespace()
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 1 } }
    await ns.create('statefulsets', statefulSet('web', { replicas: 2, updateStrategy }, version('1')))
    await rolledOut(ns, 2)
    expectStatus(await ns.patch('strategic', 'statefulsets', 'web', change('2')), 200)
    const half = await eventually('one pod is new', async () => {
      const read = await ns.read('statefulsets', 'web')
      return at(read, 'status.updatedReplicas') === 1 && at(read, 'status.readyReplicas') === 2 && read
    })
    expect(at(half, 'status.currentRevision')).not.toBe(at(half, 'status.updateRevision'))
    expect(versionOf(await ns.read('pods', 'web-0'))).toBe('1')
    expect(versionOf(await ns.read('pods', 'web-1'))).toBe('2')
  })

  check('OnDelete leaves pods alone until somebody deletes them', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('statefulsets', statefulSet('web', { updateStrategy: { type: 'OnDelete' } }, version('1')))
    await rolledOut(ns, 1)
    const { uid } = (await ns.read('pods', 'web-0')).metadata
    expectStatus(await ns.patch('strategic', 'statefulsets', 'web', change('2')), 200)
    await eventually(
      'the change is observed',
      async () => at(await ns.read('statefulsets', 'web'), 'status.observedGeneration') === 2,
    )
    expect((await ns.read('pods', 'web-0')).metadata.uid).toBe(uid)
    expectStatus(await ns.delete('pods', 'web-0'), 200)
    await eventually('the new version', async () => {
      const answer = await ns.get('pods', 'web-0')
      return answer.status === 200 && versionOf(answer.body) === '2'
    })
  })

  check('scaling down ends the last pod first', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('statefulsets', statefulSet('web', { replicas: 3, podManagementPolicy: 'Parallel' }))
    await rolledOut(ns, 3)
    const { metadata } = expectStatus(await ns.get('pods'), 200)
    const watch = await ns.watch('pods', { resourceVersion: metadata.resourceVersion })
    await scale(ns, 1)
    await eventually('two are gone', () => order(watch.events, 'DELETED').length === 2)
    expect(order(watch.events, 'DELETED').sort()).toEqual(['web-1', 'web-2'])
    expect((await ns.list('pods')).map((one) => one.metadata.name)).toEqual(['web-0'])
    watch.close()
    await scale(ns, 0)
    await eventually('none is left', async () => (await ns.list('pods')).length === 0)
    expect(at(await ns.read('statefulsets', 'web'), 'status.replicas')).toBe(0)
  })

  check('Parallel does not wait for one pod before the next', async (cluster) => {
    const ns = await cluster.namespace()
    const stuck = { nodeSelector: { nowhere: 'true' } }
    await ns.create('statefulsets', statefulSet('web', { replicas: 2, podManagementPolicy: 'Parallel' }, stuck))
    await eventually('two pods', async () => (await ns.list('pods')).length === 2)
  })

  check('in order, a pod that does not get ready holds up the rest', async (cluster) => {
    const ns = await cluster.namespace()
    await ns.create('statefulsets', statefulSet('web', { replicas: 2 }, { nodeSelector: { nowhere: 'true' } }))
    await eventually('the first', async () => at(await ns.read('statefulsets', 'web'), 'status.replicas') === 1)
    expect(at(await ns.read('statefulsets', 'web'), 'status.readyReplicas')).toBeUndefined()
    expect((await ns.list('pods')).map((one) => one.metadata.name)).toEqual(['web-0'])
  })

  check('claims of a template are made per pod, and outlive pods and set', async (cluster) => {
    const ns = await cluster.namespace()
    const volumeClaimTemplates = [{ metadata: { name: 'data' }, spec: claim('x').spec }]
    const spec = { containers: [container({ volumeMounts: [{ name: 'data', mountPath: '/data' }] })] }
    await ns.create('statefulsets', statefulSet('web', { volumeClaimTemplates }, spec))
    await rolledOut(ns, 1)
    const made = await ns.read('persistentvolumeclaims', 'data-web-0')
    expect(made.metadata.labels).toEqual({ app: 'web' })
    expect(at(made, 'status.phase')).toBe('Bound')
    expect(at(await ns.read('pods', 'web-0'), 'spec.volumes')).toContainEqual({
      name: 'data',
      persistentVolumeClaim: { claimName: 'data-web-0' },
    })
    expectStatus(await ns.delete('statefulsets', 'web', { propagationPolicy: 'Foreground' }), 200)
    await eventually('the set is gone', async () => (await ns.get('statefulsets', 'web')).status === 404)
    const left = await ns.read('persistentvolumeclaims', 'data-web-0')
    expect([left.metadata.uid, left.metadata.deletionTimestamp]).toEqual([made.metadata.uid, undefined])
  })

  check('claims go with the set when the retention policy says so', async (cluster) => {
    const ns = await cluster.namespace()
    const volumeClaimTemplates = [{ metadata: { name: 'data' }, spec: claim('x').spec }]
    const fields = {
      volumeClaimTemplates,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Retain' },
    }
    await ns.create('statefulsets', statefulSet('web', fields))
    await rolledOut(ns, 1)
    expectStatus(await ns.delete('statefulsets', 'web', { propagationPolicy: 'Background' }), 200)
    await eventually(
      'the claim is gone',
      async () => (await ns.get('persistentvolumeclaims', 'data-web-0')).status === 404,
    )
  })
})
