/** What every namespace gets: the `default` ServiceAccount and the cluster's root certificate. */
import { keyOf } from '../shared/cluster.ts'
import { type Deps } from '../shared/deps.ts'

const ROOT_CA = 'kube-root-ca.crt'
const certificate = '-----BEGIN CERTIFICATE-----\nc2ltdWxhdGVk\n-----END CERTIFICATE-----\n'

export function startNamespaceDefaults(deps: Deps): void {
  const { cluster, changes } = deps
  const queue = deps.queue(reconcile)
  changes.on('namespaces', ({ type, object }) => {
    if (type === 'ADDED') queue.add(keyOf(object))
  })
  changes.on('serviceaccounts', ({ type, object }) => {
    if (type === 'DELETED' && object.metadata.name === 'default') queue.add(object.metadata.namespace ?? '')
  })
  changes.on('configmaps', ({ type, object }) => {
    if (type === 'DELETED' && object.metadata.name === ROOT_CA) queue.add(object.metadata.namespace ?? '')
  })

  function reconcile(namespace: string): void {
    const found = cluster.get('namespaces', undefined, namespace)
    if (!found || found.metadata.deletionTimestamp !== undefined) return
    if (!cluster.get('serviceaccounts', namespace, 'default'))
      cluster.create('serviceaccounts', {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'default', namespace },
      })
    if (!cluster.get('configmaps', namespace, ROOT_CA))
      cluster.create('configmaps', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name: ROOT_CA,
          namespace,
          annotations: {
            'kubernetes.io/description':
              'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
          },
        },
        data: { 'ca.crt': certificate },
      })
  }
}
