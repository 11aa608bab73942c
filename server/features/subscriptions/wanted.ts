import type { SecretBox } from '../../lib/secret-box.ts'
import type { KubeObject } from '../../kube/object.ts'
import { manifests, type ManifestInput } from '../../workload/manifests/index.ts'
import type { WorkloadSpec } from '../../workload/spec.ts'
import type { DesiredRow } from './desired.ts'
import { shouldRun } from './state.ts'

/** Where a generated secret is stored: its associated data. */
export const secretPlace = (subscriptionId: string, name: string) => ({
  table: 'generated_secrets',
  row: `${subscriptionId}/${name}`,
  column: 'value_encrypted',
})

const openSecrets = (
  secretBox: SecretBox,
  subscriptionId: string,
  sealed: DesiredRow['secrets'],
): Record<string, string> =>
  Object.fromEntries(
    sealed.map(({ name, valueEncrypted }) => [name, secretBox.open(valueEncrypted, secretPlace(subscriptionId, name))]),
  )

/** The row in the terms of the pure builder. */
export function manifestInput(
  row: DesiredRow,
  spec: WorkloadSpec,
  secretBox: SecretBox,
  installationId: string,
): ManifestInput {
  const { cluster, plan } = row
  return {
    spec,
    plan: { ...plan },
    subscription: {
      id: row.id,
      name: row.name,
      organizationId: row.organizationId,
      serviceId: row.serviceId,
      serviceSlug: row.serviceSlug,
      planId: row.planId,
      planSlug: row.planSlug,
      revisionId: row.revisionId,
      generation: row.generation,
      parameters: row.parameters,
      ...(row.restartRequestedAt && { restartedAt: row.restartRequestedAt.toISOString() }),
    },
    secrets: openSecrets(secretBox, row.id, row.secrets),
    installationId,
    cluster: {
      ...(cluster.baseDomain !== null && { baseDomain: cluster.baseDomain }),
      ...(cluster.ingressClass !== null && { ingressClass: cluster.ingressClass }),
      ...(cluster.ingressSelector && { ingressSelector: cluster.ingressSelector }),
      ...(cluster.dnsSelector && { dnsSelector: cluster.dnsSelector }),
      ...(cluster.storageClass !== null && { storageClass: cluster.storageClass }),
      ...(cluster.certificateIssuer !== null && { certificateIssuer: cluster.certificateIssuer }),
      blockedCidrs: cluster.blockedCidrs,
    },
    existingClaims: Object.fromEntries(
      row.volumes.map(({ claimName, storageClass, sizeBytes }) => [claimName, { storageClass, sizeBytes }]),
    ),
    running: shouldRun(row) && row.volumes.every(({ lostAt }) => lostAt === null),
  }
}

/**
 * The objects that should exist. A claim that was bound once carries its UID, so that applying it can only meet the
 * very same one; a lost one is left out, so that no empty one takes its place.
 */
export function wantedObjects(row: DesiredRow, input: ManifestInput): KubeObject[] {
  const volumes = new Map(row.volumes.map((volume) => [volume.claimName, volume]))
  return manifests(input).flatMap((object): KubeObject[] => {
    if (object.kind !== 'PersistentVolumeClaim') return [object]
    const volume = volumes.get(object.metadata.name)
    if (volume?.lostAt) return []
    return volume?.claimUid ? [{ ...object, metadata: { ...object.metadata, uid: volume.claimUid } }] : [object]
  })
}
