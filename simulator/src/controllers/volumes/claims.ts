/**
 * Binds claims to volumes and makes volumes for them (k8s.io/kubernetes/pkg/controller/volume/persistentvolume and the
 * provisioner beside it). A claim of a class that waits for its first consumer waits for the scheduler's choice of node.
 */
import { compareQuantity } from '../../quantity.ts'
import { equal } from '../../json.ts'
import { keyOf, splitKey } from '../shared/cluster.ts'
import { type Deps } from '../shared/deps.ts'
import { type Claim, type PersistentVolume, type StorageClass } from '../shared/kinds.ts'
import { time } from '../shared/time.ts'
import { bestFit, newVolume, PROVISIONER, provisionerAnnotations, referenceTo, SELECTED_NODE } from './binding.ts'

const COMPLETED = 'pv.kubernetes.io/bind-completed'
const BOUND_BY = 'pv.kubernetes.io/bound-by-controller'

export function startClaims(deps: Deps): void {
  const { cluster, changes, clock, faults } = deps
  const recorder = deps.events.recorder({ component: 'persistentvolume-controller' })
  const queue = deps.queue(reconcile)
  const pending = new Set<string>()
  /** Volumes that people prepared: the only ones among which a claim has to search. */
  const prepared = new Set<string>()
  changes.on('persistentvolumeclaims', ({ type, object }) => {
    const key = keyOf(object)
    if (type === 'DELETED') {
      pending.delete(key)
      return queue.forget(key)
    }
    if (object.status?.phase === 'Bound') pending.delete(key)
    else pending.add(key)
    queue.add(key)
  })
  const wakePending = (): void => pending.forEach((key) => queue.add(key))
  changes.on('persistentvolumes', ({ type, object }) => {
    const { claimRef } = object.spec
    if (type === 'DELETED') prepared.delete(object.metadata.name)
    else if (!isProvisioned(object)) prepared.add(object.metadata.name)
    if (claimRef) queue.add(`${claimRef.namespace}/${claimRef.name}`)
    else if (type !== 'DELETED') wakePending()
  })
  changes.on('storageclasses.storage.k8s.io', ({ type }) => {
    if (type === 'ADDED') wakePending()
  })
  deps.onStop(faults.onChange(wakePending))

  function reconcile(key: string): void {
    const [namespace, name] = splitKey(key)
    const claim = cluster.get('persistentvolumeclaims', namespace, name)
    if (!claim || claim.metadata.deletionTimestamp !== undefined) return
    if (claim.metadata.annotations?.[COMPLETED] !== undefined) return keepBound(claim)
    const volume = claim.spec.volumeName
      ? cluster.get('persistentvolumes', undefined, claim.spec.volumeName)
      : ownVolume(claim)
    if (volume) return void bind(claim, volume)
    if (!claim.spec.volumeName) provision(claim)
  }

  /** What was made for it in an earlier attempt, or a volume that somebody prepared. */
  function ownVolume(claim: Claim): PersistentVolume | undefined {
    const made = cluster.get('persistentvolumes', undefined, `pvc-${claim.metadata.uid}`)
    if (made) return made
    if (isHindered(claim)) return undefined
    const volumes = [...prepared].flatMap((name) => cluster.get('persistentvolumes', undefined, name) ?? [])
    return bestFit(volumes, claim)
  }

  function isHindered(claim: Claim): boolean {
    return faults
      .active('volumeNeverBinds')
      .some(
        (fault) =>
          (fault.storageClass === undefined || fault.storageClass === claim.spec.storageClassName) &&
          (fault.claim === undefined || fault.claim === claim.metadata.name),
      )
  }

  function bind(claim: Claim, volume: PersistentVolume, more: Record<string, string> = {}): Claim {
    const reference = volume.spec.claimRef
    if (reference?.uid !== undefined && reference.uid !== claim.metadata.uid) return claim
    const claimed = reference?.uid
      ? volume
      : cluster.update('persistentvolumes', { ...volume, spec: { ...volume.spec, claimRef: referenceTo(claim) } })
    setPhase(claimed, 'Bound')
    const bound = cluster.update('persistentvolumeclaims', {
      ...claim,
      metadata: {
        ...claim.metadata,
        annotations: { ...claim.metadata.annotations, ...more, [COMPLETED]: 'yes', [BOUND_BY]: 'yes' },
      },
      spec: { ...claim.spec, volumeName: volume.metadata.name },
    })
    return cluster.setStatus('persistentvolumeclaims', bound, {
      ...bound.status,
      phase: 'Bound',
      accessModes: volume.spec.accessModes,
      capacity: volume.spec.capacity,
    })
  }

  function setPhase(volume: PersistentVolume, phase: string): void {
    if (volume.status?.phase === phase) return
    cluster.setStatus('persistentvolumes', volume, { phase, lastPhaseTransitionTime: time(clock.now()) })
  }

  function provision(claim: Claim): void {
    const className = claim.spec.storageClassName
    if (!className) {
      return say(
        claim,
        'Normal',
        'FailedBinding',
        'no persistent volumes available for this claim and no storage class is set',
      )
    }
    const storageClass = cluster.get('storageclasses.storage.k8s.io', undefined, className)
    if (!storageClass) {
      return say(claim, 'Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io "${className}" not found`)
    }
    if (storageClass.provisioner === 'kubernetes.io/no-provisioner') {
      if (storageClass.volumeBindingMode !== 'WaitForFirstConsumer')
        say(
          claim,
          'Normal',
          'FailedBinding',
          'no persistent volumes available for this claim and no storage class is set',
        )
      return
    }
    const selected = claim.metadata.annotations?.[SELECTED_NODE]
    if (storageClass.volumeBindingMode === 'WaitForFirstConsumer' && selected === undefined) {
      return say(claim, 'Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding')
    }
    if (isHindered(claim)) {
      announce(claim, storageClass)
      return say(
        claim,
        'Normal',
        'ExternalProvisioning',
        `Waiting for a volume to be created either by the external provisioner '${storageClass.provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`,
      )
    }
    const node = selected === undefined ? undefined : cluster.get('nodes', undefined, selected)
    const hostname =
      selected === undefined ? undefined : (node?.metadata.labels?.['kubernetes.io/hostname'] ?? selected)
    const volume = cluster.create('persistentvolumes', newVolume(claim, storageClass, hostname))
    say(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${volume.metadata.name}`)
    bind(claim, volume, provisionerAnnotations(storageClass))
  }

  /** Names the provisioner on the claim, for which it waits. */
  function announce(claim: Claim, storageClass: StorageClass): void {
    if (claim.metadata.annotations?.[PROVISIONER] === storageClass.provisioner) return
    const annotations = { ...claim.metadata.annotations, ...provisionerAnnotations(storageClass) }
    cluster.update('persistentvolumeclaims', { ...claim, metadata: { ...claim.metadata, annotations } })
  }

  /** Lost when its volume is gone; grown when more was asked for and the class allows it. */
  function keepBound(claim: Claim): void {
    const volume = cluster.get('persistentvolumes', undefined, claim.spec.volumeName ?? '')
    if (!volume) {
      if (claim.status?.phase === 'Lost') return
      say(claim, 'Warning', 'ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!')
      cluster.setStatus('persistentvolumeclaims', claim, { ...claim.status, phase: 'Lost' })
      return
    }
    const wanted = claim.spec.resources?.requests?.storage
    const storageClass = cluster.get('storageclasses.storage.k8s.io', undefined, claim.spec.storageClassName ?? '')
    let { capacity } = volume.spec
    if (wanted !== undefined && storageClass?.allowVolumeExpansion && compareQuantity(wanted, capacity?.storage) > 0) {
      capacity = { ...capacity, storage: wanted }
      cluster.update('persistentvolumes', { ...volume, spec: { ...volume.spec, capacity } })
      say(claim, 'Normal', 'FileSystemResizeSuccessful', 'MountVolume.NodeExpandVolume succeeded for volume')
    }
    const status = { ...claim.status, phase: 'Bound', accessModes: volume.spec.accessModes, capacity }
    if (!equal(status, claim.status)) cluster.setStatus('persistentvolumeclaims', claim, status)
  }

  function say(claim: Claim, type: 'Normal' | 'Warning', reason: string, message: string): void {
    recorder.event(claim, { type, reason, message })
  }
}

/** Made for one claim: nothing for others to choose. */
function isProvisioned(volume: PersistentVolume): boolean {
  return volume.metadata.annotations?.['pv.kubernetes.io/provisioned-by'] !== undefined
}
