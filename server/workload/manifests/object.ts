import type { ManifestInput } from './input.ts'
import { annotationKeys, objectLabels } from './labels.ts'
import { namespaceOf } from './names.ts'

/** An object as it is applied: plain JSON, only the fields that Berth decides. Assignable to a KubeObject. */
export type KubernetesObject = {
  apiVersion: string
  kind: string
  metadata: {
    name: string
    namespace?: string
    labels: Record<string, string>
    annotations?: Record<string, string>
  }
  [field: string]: unknown
}

/** What fences an older writer: an apply is refused where the object carries a newer generation. */
export const generationAnnotation = ({ subscription }: ManifestInput): Record<string, string> => ({
  [annotationKeys.generation]: String(subscription.generation),
})

/** The metadata of an object inside the subscription's namespace. */
export const metadataOf = (
  input: ManifestInput,
  name: string,
  extra: { labels?: Record<string, string>; annotations?: Record<string, string> } = {},
): KubernetesObject['metadata'] => ({
  name,
  namespace: namespaceOf(input.subscription.id),
  labels: { ...objectLabels(input), ...extra.labels },
  annotations: { ...generationAnnotation(input), ...extra.annotations },
})
