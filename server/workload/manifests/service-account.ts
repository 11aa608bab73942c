import type { ManifestInput } from './input.ts'
import { metadataOf, type KubernetesObject } from './object.ts'

export const serviceAccountName = 'workload'

/** The pods' own account, so that rights given to `default` by somebody else are not theirs; no token is mounted. */
export const serviceAccount = (input: ManifestInput): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: metadataOf(input, serviceAccountName),
  automountServiceAccountToken: false,
})
