import type { ServiceSpec, WorkloadSpec } from '../spec.ts'
import type { ManifestInput } from './input.ts'
import { labelKeys } from './labels.ts'
import { claimName } from './names.ts'
import { metadataOf, type KubernetesObject } from './object.ts'
import { bytesQuantity } from './quantity.ts'
import { apportion, replicasOf } from './resources.ts'

export type ClaimView = {
  /** The template's volume. */
  readonly volume: string
  readonly claimName: string
  readonly sizeBytes: number
  /** Undefined: the cluster's default class. */
  readonly storageClass: string | undefined
}

/** What the smallest claim may be: storage classes refuse nothing at all, and databases need a little. */
export const smallestClaimBytes = 2 ** 20

/** One claim for each volume, sharing out the plan's storage; a claim that exists keeps its class and never shrinks. */
export function claimsOf(input: ManifestInput): ClaimView[] {
  const { spec, plan, cluster, existingClaims } = input
  const copies = spec.volumes.flatMap((volume) =>
    Array.from({ length: copiesOf(volume.name, input) }, (_, copy) => ({ volume, copy })),
  )
  const sizes = apportion(
    plan.storageBytes,
    copies.map(({ volume }) => volume.share),
  )
  return copies.map(({ volume, copy }, index) => {
    const name = claimName(volume.name, copy)
    const existing = existingClaims?.[name]
    const wished = Math.max(sizes[index] ?? 0, existing?.sizeBytes ?? 0, smallestClaimBytes)
    const sizeBytes = existing?.expandable === false ? (existing.sizeBytes ?? wished) : wished
    const storageClass = (existing ? existing.storageClass : cluster.storageClass) ?? undefined
    return { volume: volume.name, claimName: name, sizeBytes, storageClass }
  })
}

function copiesOf(volume: string, { spec, plan }: ManifestInput): number {
  const owner = ownersOf(spec, volume)[0]
  return owner?.clustered ? Math.max(1, replicasOf(owner, spec, plan)) : 1
}

const ownersOf = (spec: WorkloadSpec, volume: string): ServiceSpec[] =>
  spec.services.filter(({ mounts }) => mounts.some((mount) => mount.volume === volume))

export const persistentVolumeClaims = (input: ManifestInput): KubernetesObject[] =>
  claimsOf(input).map(({ volume, claimName: name, sizeBytes, storageClass }) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: metadataOf(input, name, { labels: { [labelKeys.volume]: volume } }),
    spec: {
      accessModes: ['ReadWriteOnce'],
      ...(storageClass !== undefined && { storageClassName: storageClass }),
      resources: { requests: { storage: bytesQuantity(sizeBytes) } },
    },
  }))
