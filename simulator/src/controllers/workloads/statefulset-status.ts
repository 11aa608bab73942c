import { type Pod, type StatefulSet, type StatefulSetStatus } from '../shared/kinds.ts'
import { isAvailable, isReady } from '../shared/pods.ts'
import { revisionOfPod } from './statefulset-pods.ts'

/** The status as it follows from the pods. The update revision becomes the current one when every pod has it. */
export function statefulSetStatus(
  set: StatefulSet,
  pods: readonly Pod[],
  revisions: { current: string; update: string },
  now: Date,
): StatefulSetStatus {
  const minReadySeconds = set.spec.minReadySeconds ?? 0
  const replicas = set.spec.replicas ?? 1
  const standing = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined)
  const ready = pods.filter((pod) => pod.status?.phase === 'Running' && isReady(pod)).length
  const updated = standing.filter((pod) => revisionOfPod(pod) === revisions.update).length
  const rolling = set.spec.updateStrategy?.type !== 'OnDelete'
  const complete = rolling && updated === replicas && ready === replicas && pods.length === replicas
  const current = complete ? revisions.update : revisions.current
  return {
    observedGeneration: set.metadata.generation,
    replicas: pods.length,
    readyReplicas: ready || undefined,
    availableReplicas: pods.filter((pod) => isReady(pod) && isAvailable(pod, minReadySeconds, now)).length,
    currentReplicas: standing.filter((pod) => revisionOfPod(pod) === current).length || undefined,
    updatedReplicas: updated || undefined,
    currentRevision: current,
    updateRevision: revisions.update,
    collisionCount: set.status?.collisionCount ?? 0,
    ...(set.status?.conditions ? { conditions: set.status.conditions } : {}),
  }
}
