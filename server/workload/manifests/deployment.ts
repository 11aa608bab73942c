import { componentSelector, labelKeys } from './labels.ts'
import { metadataOf, type KubernetesObject } from './object.ts'
import type { Part } from './part.ts'
import { podTemplate } from './pod.ts'

export const revisionHistoryLimit = 3

/**
 * A service without data. One copy is replaced by starting its successor first, for which the quota has room; of
 * several, one at a time makes way, so that a tight plan can roll.
 */
export function deployment(part: Part): KubernetesObject {
  const { input, service, share } = part
  const isSingle = share.replicas <= 1
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadataOf(input, service.name, { labels: { [labelKeys.component]: service.name } }),
    spec: {
      replicas: input.running ? share.replicas : 0,
      revisionHistoryLimit,
      selector: { matchLabels: componentSelector(input, service.name) },
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: isSingle ? { maxSurge: 1, maxUnavailable: 0 } : { maxSurge: 0, maxUnavailable: 1 },
      },
      template: podTemplate(part),
    },
  }
}
