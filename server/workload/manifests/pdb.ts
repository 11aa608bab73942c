import { componentSelector } from './labels.ts'
import { metadataOf, type KubernetesObject } from './object.ts'
import type { Part } from './part.ts'

/** Of several copies a drain takes one at a time. A single copy gets none: its budget would block every drain. */
export const disruptionBudgets = ({ input, service, share }: Part): KubernetesObject[] =>
  share.replicas <= 1
    ? []
    : [
        {
          apiVersion: 'policy/v1',
          kind: 'PodDisruptionBudget',
          metadata: metadataOf(input, service.name),
          spec: {
            maxUnavailable: 1,
            selector: { matchLabels: componentSelector(input, service.name) },
            // What is broken already need not hold up a drain.
            unhealthyPodEvictionPolicy: 'AlwaysAllow',
          },
        },
      ]
