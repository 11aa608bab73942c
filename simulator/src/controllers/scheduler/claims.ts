/** What a pod's claims say about where it may run (k8s.io/kubernetes/pkg/scheduler/framework/plugins/volumebinding). */
import { type Cluster } from '../shared/cluster.ts'
import { type Claim, type Node, type NodeSelectorTerm, type Pod } from '../shared/kinds.ts'
import { claimNames } from '../shared/pod-index.ts'
import { SELECTED_NODE } from '../volumes/binding.ts'
import { matchesTerms } from './selectors.ts'

export type ClaimDemands = {
  /** Why no node will do. */
  hopeless?: string
  /** Claims that wait for the choice of a node. */
  unbound: Claim[]
  filter(node: Node): string | undefined
}

export function demandsOfClaims(cluster: Cluster, pod: Pod): ClaimDemands {
  const unbound: Claim[] = []
  const affinities: NodeSelectorTerm[][] = []
  const none = (): undefined => undefined
  for (const name of claimNames(pod)) {
    const claim = cluster.get('persistentvolumeclaims', pod.metadata.namespace, name)
    if (!claim) return { hopeless: `persistentvolumeclaim "${name}" not found`, unbound, filter: none }
    if (claim.metadata.deletionTimestamp !== undefined)
      return { hopeless: `persistentvolumeclaim "${name}" is being deleted`, unbound, filter: none }
    if (claim.status?.phase === 'Lost')
      return {
        hopeless: `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName}"`,
        unbound,
        filter: none,
      }
    if (claim.status?.phase === 'Bound') {
      const volume = cluster.get('persistentvolumes', undefined, claim.spec.volumeName ?? '')
      const required = volume?.spec.nodeAffinity?.required
      if (required) affinities.push(required.nodeSelectorTerms)
    } else if (waitsForConsumer(cluster, claim)) unbound.push(claim)
    else return { hopeless: 'pod has unbound immediate PersistentVolumeClaims', unbound, filter: none }
  }
  return {
    unbound,
    filter(node) {
      if (affinities.some((terms) => !matchesTerms(terms, node)))
        return "node(s) didn't match PersistentVolume's node affinity"
      const elsewhere = unbound.some(
        (claim) => (claim.metadata.annotations?.[SELECTED_NODE] ?? node.metadata.name) !== node.metadata.name,
      )
      return elsewhere ? "node(s) didn't find available persistent volumes to bind" : undefined
    },
  }
}

function waitsForConsumer(cluster: Cluster, claim: Claim): boolean {
  const storageClass = cluster.get('storageclasses.storage.k8s.io', undefined, claim.spec.storageClassName ?? '')
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer'
}
