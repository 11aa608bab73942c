/** What a cluster has before anyone uses it: namespaces, the default storage class, nodes. */
import { type Api } from './types.ts'

const namespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

const storageClass = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: 'simulator/volumes',
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'WaitForFirstConsumer',
  allowVolumeExpansion: true,
}

/** Creates what is missing. Nodes are made only where the cluster has none, so that deleted ones stay deleted. */
export function seedCluster(api: Api, nodes: readonly unknown[], first: boolean): void {
  for (const name of namespaces) {
    if (api.get('namespaces', undefined, name)) continue
    api.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  }
  if (!first) return
  api.create('storageclasses.storage.k8s.io', storageClass)
  for (const node of nodes) api.create('nodes', node)
}
