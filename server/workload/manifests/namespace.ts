import type { ManifestInput } from './input.ts'
import { objectLabels } from './labels.ts'
import { namespaceOf } from './names.ts'
import { generationAnnotation, type KubernetesObject } from './object.ts'

/** One namespace for each subscription: a quota and a blast radius of its own, and a deletion that leaves nothing. */
export const namespace = (input: ManifestInput): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name: namespaceOf(input.subscription.id),
    labels: {
      ...objectLabels(input),
      'pod-security.kubernetes.io/enforce': input.spec.isolation,
      'pod-security.kubernetes.io/audit': 'restricted',
      'pod-security.kubernetes.io/warn': 'restricted',
    },
    annotations: generationAnnotation(input),
  },
})
