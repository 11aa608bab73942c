/** Which volume a claim may have, and the volume that is made for it. Pure. */
import { compareQuantity } from '../../quantity.ts'
import { labelSelectorMatches } from '../../selectors.ts'
import { type Draft } from '../shared/cluster.ts'
import { type Claim, type PersistentVolume, type StorageClass } from '../shared/kinds.ts'

export const SELECTED_NODE = 'volume.kubernetes.io/selected-node'
export const PROVISIONER = 'volume.kubernetes.io/storage-provisioner'
const BETA_PROVISIONER = 'volume.beta.kubernetes.io/storage-provisioner'
const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by'

const sizeOf = (claim: Claim): string => claim.spec.resources?.requests?.storage ?? '0'

/** Whether a volume that exists fits a claim and is free or kept for it. */
function fits(volume: PersistentVolume, claim: Claim): boolean {
  const { claimRef } = volume.spec
  const { name, namespace, uid } = claim.metadata
  if (claimRef) {
    if (claimRef.name !== name || claimRef.namespace !== namespace) return false
    if (claimRef.uid !== undefined && claimRef.uid !== uid) return false
  } else if (volume.status?.phase === 'Released' || volume.metadata.deletionTimestamp !== undefined) return false
  if (claim.spec.volumeName) return claim.spec.volumeName === volume.metadata.name
  return (
    (volume.spec.storageClassName ?? '') === (claim.spec.storageClassName ?? '') &&
    compareQuantity(volume.spec.capacity?.storage, sizeOf(claim)) >= 0 &&
    (claim.spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode)) &&
    (claim.spec.selector === undefined || labelSelectorMatches(claim.spec.selector, volume.metadata.labels ?? {}))
  )
}

/** The smallest volume that fits. */
export function bestFit(volumes: readonly PersistentVolume[], claim: Claim): PersistentVolume | undefined {
  const fitting = volumes.filter((volume) => fits(volume, claim))
  fitting.sort((left, right) => compareQuantity(left.spec.capacity?.storage, right.spec.capacity?.storage))
  return fitting.find((volume) => volume.spec.claimRef) ?? fitting[0]
}

/** The annotations by which claim and provisioner find each other. */
export function provisionerAnnotations(storageClass: StorageClass): Record<string, string> {
  return { [BETA_PROVISIONER]: storageClass.provisioner, [PROVISIONER]: storageClass.provisioner }
}

/** A reference by which a volume names its claim. */
export function referenceTo(claim: Claim): NonNullable<PersistentVolume['spec']['claimRef']> {
  const { name, namespace = '', uid, resourceVersion } = claim.metadata
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid, resourceVersion }
}

/** A volume for a claim: on the node that its first pod goes to, as local-path makes it, or anywhere without one. */
export function newVolume(claim: Claim, storageClass: StorageClass, hostname: string | undefined): Draft {
  const name = `pvc-${claim.metadata.uid}`
  const { namespace, name: claimName } = claim.metadata
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations: { [PROVISIONED_BY]: storageClass.provisioner } },
    spec: {
      capacity: { storage: sizeOf(claim) },
      accessModes: claim.spec.accessModes ?? ['ReadWriteOnce'],
      volumeMode: claim.spec.volumeMode ?? 'Filesystem',
      storageClassName: storageClass.metadata.name,
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      claimRef: referenceTo(claim),
      hostPath: { path: `/var/lib/volumes/${name}_${namespace}_${claimName}`, type: 'DirectoryOrCreate' },
      ...(hostname === undefined ? {} : { nodeAffinity: { required: { nodeSelectorTerms: [onNode(hostname)] } } }),
    },
  }
}

function onNode(hostname: string): { matchExpressions: { key: string; operator: string; values: string[] }[] } {
  return { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [hostname] }] }
}
