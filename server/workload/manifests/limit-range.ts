import type { ManifestInput } from './input.ts'
import { metadataOf, type KubernetesObject } from './object.ts'
import { bytesQuantity, cpuQuantity } from './quantity.ts'
import { ownAllowance } from './quota.ts'

/**
 * Defaults, so that no container is without requests and limits: one that says nothing counts as one of Berth's own
 * jobs. A container's own writes are bounded too: a full node's disk is everybody's outage.
 */
export const limitRange = (input: ManifestInput): KubernetesObject => {
  const usual = {
    cpu: cpuQuantity(ownAllowance.cpuMillicores),
    memory: bytesQuantity(ownAllowance.memoryBytes),
  }
  return {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: metadataOf(input, 'defaults'),
    spec: {
      limits: [
        {
          type: 'Container',
          default: { ...usual, 'ephemeral-storage': '2Gi' },
          defaultRequest: { ...usual, 'ephemeral-storage': '16Mi' },
        },
      ],
    },
  }
}
