/** A volume's own life: available, released when its claim is gone, then deleted or kept as its policy says. */
import { type Deps } from '../shared/deps.ts'
import { type PersistentVolume } from '../shared/kinds.ts'
import { time } from '../shared/time.ts'

const PROTECTION = 'kubernetes.io/pv-protection'

export function startVolumes(deps: Deps): void {
  const { cluster, changes, clock } = deps
  const queue = deps.queue(reconcile)
  changes.on('persistentvolumes', ({ object }) => queue.add(object.metadata.name))
  changes.on('persistentvolumeclaims', ({ type, object }) => {
    if (type === 'DELETED' && object.spec.volumeName) queue.add(object.spec.volumeName)
  })

  function reconcile(name: string): void {
    const volume = cluster.get('persistentvolumes', undefined, name)
    if (!volume) return queue.forget(name)
    const bound = isClaimed(volume)
    if (volume.metadata.deletionTimestamp !== undefined) {
      if (!bound) unprotect(volume)
      return
    }
    if (bound) return
    if (!volume.spec.claimRef?.uid) return setPhase(volume, 'Available')
    setPhase(volume, 'Released')
    const latest = cluster.get('persistentvolumes', undefined, name)
    if (latest && (latest.spec.persistentVolumeReclaimPolicy ?? 'Retain') === 'Delete')
      cluster.delete('persistentvolumes', latest)
  }

  function isClaimed({ spec: { claimRef } }: PersistentVolume): boolean {
    if (!claimRef?.uid) return false
    return cluster.get('persistentvolumeclaims', claimRef.namespace, claimRef.name)?.metadata.uid === claimRef.uid
  }

  function setPhase(volume: PersistentVolume, phase: string): void {
    if (volume.status?.phase === phase) return
    cluster.setStatus('persistentvolumes', volume, {
      ...volume.status,
      phase,
      lastPhaseTransitionTime: time(clock.now()),
    })
  }

  function unprotect(volume: PersistentVolume): void {
    if (!volume.metadata.finalizers?.includes(PROTECTION)) return
    const finalizers = volume.metadata.finalizers.filter((each) => each !== PROTECTION)
    cluster.update('persistentvolumes', { ...volume, metadata: { ...volume.metadata, finalizers } })
  }
}
