/** A claim that a pod still uses is not deleted under it (k8s.io/kubernetes/pkg/controller/volume/pvcprotection). */
import { keyOf, splitKey } from '../shared/cluster.ts'
import { type Deps } from '../shared/deps.ts'
import { claimNames } from '../shared/pod-index.ts'
import { isFinished } from '../shared/pods.ts'

const PROTECTION = 'kubernetes.io/pvc-protection'

export function startClaimProtection(deps: Deps): void {
  const { cluster, changes } = deps
  const queue = deps.queue(reconcile)
  changes.on('persistentvolumeclaims', ({ type, object }) => {
    if (type !== 'DELETED' && object.metadata.deletionTimestamp !== undefined) queue.add(keyOf(object))
  })
  changes.on('pods', ({ type, object }) => {
    if (type !== 'DELETED' && !isFinished(object)) return
    for (const claim of claimNames(object)) queue.add(`${object.metadata.namespace}/${claim}`)
  })

  function reconcile(key: string): void {
    const [namespace, name] = splitKey(key)
    const claim = cluster.get('persistentvolumeclaims', namespace, name)
    if (claim?.metadata.deletionTimestamp === undefined || !claim.metadata.finalizers?.includes(PROTECTION)) return
    if (isUsed(key)) return
    const finalizers = claim.metadata.finalizers.filter((each) => each !== PROTECTION)
    cluster.update('persistentvolumeclaims', { ...claim, metadata: { ...claim.metadata, finalizers } })
  }

  /** A pod that was never given to a node does not use the claim, nor does a finished one. */
  function isUsed(claim: string): boolean {
    for (const key of deps.pods.usingClaim(claim)) {
      const [namespace, name] = splitKey(key)
      const pod = cluster.get('pods', namespace, name)
      if (pod?.spec.nodeName && !isFinished(pod)) return true
    }
    return false
  }
}
