import { componentSelector, labelKeys } from './labels.ts'
import { claimName } from './names.ts'
import { revisionHistoryLimit } from './deployment.ts'
import { metadataOf, type KubernetesObject } from './object.ts'
import type { Part } from './part.ts'
import { copyLabel, podTemplate } from './pod.ts'

/**
 * A service with data: its pod ends before its successor starts, so that no two write to one volume. Each copy of a
 * clustered service is a set of its own, because a claim template can neither grow nor be given to another set.
 */
export function statefulSets(part: Part): KubernetesObject[] {
  const { service, share } = part
  const sets = service.clustered ? Math.max(1, share.replicas) : 1
  return Array.from({ length: sets }, (_, copy) => statefulSet(part, copy))
}

function statefulSet(part: Part, copy: number): KubernetesObject {
  const { input, service, share } = part
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: metadataOf(input, claimName(service.name, copy), { labels: { [labelKeys.component]: service.name } }),
    spec: {
      replicas: input.running ? Math.min(1, share.replicas) : 0,
      revisionHistoryLimit,
      serviceName: service.name,
      podManagementPolicy: 'Parallel',
      selector: { matchLabels: { ...componentSelector(input, service.name), ...copyLabel(part, copy) } },
      updateStrategy: { type: 'RollingUpdate' },
      template: podTemplate(part, copy),
    },
  }
}
