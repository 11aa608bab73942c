import { expect } from 'vitest'
import { type Cluster, contract } from './cluster.ts'
import { type Namespace, pathOf } from './namespace.ts'
import { configMap, deployment, pod, service } from './objects.ts'
import { at, conditionOf, eventually, expectStatus } from './observe.ts'

/** The namespace controller works through a queue, which other tests fill: milliseconds that this may take. */
const patience = 150_000

const remove = (cluster: Cluster, ns: Namespace) => cluster.call('DELETE', pathOf('namespaces', undefined, ns.name))

const gone = (cluster: Cluster, ns: Namespace) =>
  eventually(
    'the namespace is gone',
    async () => (await cluster.call('GET', pathOf('namespaces', undefined, ns.name))).status === 404,
    patience,
  )

contract(
  'namespaces',
  (check) => {
    check('a namespace is Active, labelled with its name and held by Kubernetes', async (cluster) => {
      const ns = await cluster.namespace({ a: 'b' })
      const read = await cluster.read('namespaces', ns.name)
      expect(read).toMatchObject({ spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } })
      expect(read.metadata.labels).toEqual({ a: 'b', 'kubernetes.io/metadata.name': ns.name })
    })

    check('it gets an account and the root certificate, and gets them again', async (cluster) => {
      const ns = await cluster.namespace()
      const certificate = await eventually('the certificate', async () =>
        (await ns.list('configmaps')).find((one) => one.metadata.name === 'kube-root-ca.crt'),
      )
      expect(certificate.data['ca.crt']).toBeDefined()
      const account = await ns.read('serviceaccounts', 'default')
      expectStatus(await ns.delete('serviceaccounts', 'default'), 200)
      await eventually('another account', async () =>
        (await ns.list('serviceaccounts')).some((one) => one.metadata.uid !== account.metadata.uid),
      )
    })

    check('a deletion removes what is in it, and ends in absence', async (cluster) => {
      const ns = await cluster.namespace()
      await ns.create('configmaps', configMap('one'))
      await ns.create('services', service('one'))
      await ns.create('deployments', deployment('one'))
      await eventually('a running pod', async () =>
        (await ns.list('pods')).some((one) => at(one, 'status.phase') === 'Running'),
      )
      const answer = expectStatus(await remove(cluster, ns), 200)
      expect(answer).toMatchObject({ kind: 'Namespace', status: { phase: 'Terminating' } })
      expect(answer.metadata.deletionTimestamp).toBeDefined()
      await gone(cluster, ns)
      for (const resource of ['pods', 'configmaps', 'services', 'deployments', 'replicasets', 'serviceaccounts']) {
        expect(await ns.list(resource), resource).toEqual([])
      }
    })

    check('nothing can be made in a namespace that is ending; the reason is told', async (cluster) => {
      const ns = await cluster.namespace()
      await ns.create('configmaps', configMap('held', {}, { finalizers: ['contract.example/held'] }))
      expectStatus(await remove(cluster, ns), 200)
      const answer = await ns.post('configmaps', configMap('late'))
      expect(answer.body).toMatchObject({
        code: 403,
        reason: 'Forbidden',
        message: `configmaps "late" is forbidden: unable to create new content in namespace ${ns.name} because it is being terminated`,
        details: {
          name: 'late',
          kind: 'configmaps',
          causes: [
            {
              reason: 'NamespaceTerminating',
              message: `namespace ${ns.name} is being terminated`,
              field: 'metadata.namespace',
            },
          ],
        },
      })
      const again = await cluster.call('DELETE', pathOf('namespaces', undefined, ns.name))
      expect([200, 409]).toContain(again.status)
      expectStatus(await ns.patch('merge', 'configmaps', 'held', { metadata: { finalizers: null } }), 200)
      await gone(cluster, ns)
    })

    check('a finalizer that holds it is named in its conditions', async (cluster) => {
      const ns = await cluster.namespace()
      await ns.create('configmaps', configMap('held', {}, { finalizers: ['contract.example/held'] }))
      expectStatus(await remove(cluster, ns), 200)
      await eventually(
        'the conditions',
        async () =>
          conditionOf(await cluster.read('namespaces', ns.name), 'NamespaceFinalizersRemaining')?.status === 'True',
        patience,
      )
      const stuck = await cluster.read('namespaces', ns.name)
      expect(conditionOf(stuck, 'NamespaceContentRemaining')).toMatchObject({
        status: 'True',
        reason: 'SomeResourcesRemain',
        message: 'Some resources are remaining: configmaps. has 1 resource instances',
      })
      expect(conditionOf(stuck, 'NamespaceFinalizersRemaining')).toMatchObject({
        reason: 'SomeFinalizersRemain',
        message:
          'Some content in the namespace has finalizers remaining: contract.example/held in 1 resource instances',
      })
      expect(conditionOf(stuck, 'NamespaceDeletionDiscoveryFailure')).toMatchObject({
        status: 'False',
        reason: 'ResourcesDiscovered',
      })
      expect(conditionOf(stuck, 'NamespaceDeletionContentFailure')).toMatchObject({
        status: 'False',
        reason: 'ContentDeleted',
      })
      expectStatus(await ns.patch('merge', 'configmaps', 'held', { metadata: { finalizers: null } }), 200)
      await gone(cluster, ns)
    })

    check('a pod that takes its time holds it until it has left', async (cluster) => {
      const ns = await cluster.namespace()
      await ns.create('pods', pod('one'))
      await eventually('it runs', async () => at(await ns.read('pods', 'one'), 'status.phase') === 'Running')
      const watch = await ns.watch('pods', { resourceVersion: 0 })
      expectStatus(await remove(cluster, ns), 200)
      await gone(cluster, ns)
      expect(watch.events.at(-1)?.type).toBe('DELETED')
      watch.close()
    })

    check('the finalize subresource alone lets go of it', async (cluster) => {
      const ns = await cluster.namespace()
      const patched = await cluster.call('PATCH', pathOf('namespaces', undefined, ns.name), {
        body: { spec: { finalizers: ['kubernetes', 'contract.example/held'] } },
        contentType: 'application/merge-patch+json',
      })
      expect(at(expectStatus(patched, 200), 'spec.finalizers')).toEqual(['kubernetes'])
      const body = {
        ...(await cluster.read('namespaces', ns.name)),
        spec: { finalizers: ['kubernetes', 'contract.example/held'] },
      }
      const path = pathOf('namespaces', undefined, ns.name, 'finalize')
      expectStatus(await cluster.call('PUT', path, { body }), 200)
      expectStatus(await remove(cluster, ns), 200)
      const left = await eventually(
        'Kubernetes has let go',
        async () => {
          const read = await cluster.read('namespaces', ns.name)
          return JSON.stringify(at(read, 'spec.finalizers')) === '["contract.example/held"]' && read
        },
        patience,
      )
      expectStatus(await cluster.call('PUT', path, { body: { ...left, spec: { finalizers: [] } } }), 200)
      await gone(cluster, ns)
    })

    check('the namespaces of the system cannot be deleted', async (cluster) => {
      for (const name of ['default', 'kube-system']) {
        const answer = await cluster.call('DELETE', pathOf('namespaces', undefined, name))
        expect(answer.body).toMatchObject({
          code: 403,
          reason: 'Forbidden',
          message: `namespaces "${name}" is forbidden: this namespace may not be deleted`,
        })
      }
    })

    check('a namespace is named like a DNS label', async (cluster) => {
      for (const name of ['Upper', 'under_score', 'dot.ted', '-x', 'x'.repeat(64)]) {
        const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
        const answer = await cluster.call('POST', pathOf('namespaces'), { body })
        expect(answer.body, name).toMatchObject({ code: 422, reason: 'Invalid' })
        const first = { field: 'metadata.name', reason: 'FieldValueInvalid' }
        expect(answer.body.details.causes?.[0], name).toMatchObject(first)
      }
    })
  },
  2 * patience,
)
