/** The status of a deployment and when `kubectl rollout status` may believe it (deployment/progress.go, sync.go). */
import { conditionOf, withCondition } from '../shared/conditions.ts'
import { type Condition, type Deployment, type DeploymentStatus, type ReplicaSet } from '../shared/kinds.ts'
import { time, timeOf } from '../shared/time.ts'
import { limitsOf, replicasOf } from './rollout.ts'

const sum = (all: readonly ReplicaSet[], count: (each: ReplicaSet) => number | undefined): number =>
  all.reduce((result, each) => result + (count(each) ?? 0), 0)

export type Progress = { reason: string; message: string }

/** The status as it follows from the ReplicaSets. `note` is what the controller has just done for the rollout, if anything. */
export function deploymentStatus(
  deployment: Deployment,
  fresh: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  now: Date,
  note?: Progress,
): DeploymentStatus {
  const all = fresh ? [...old, fresh] : [...old]
  const available = sum(all, (each) => each.status?.availableReplicas)
  const status: DeploymentStatus = {
    observedGeneration: deployment.metadata.generation,
    replicas: sum(all, (each) => each.status?.replicas) || undefined,
    updatedReplicas: fresh?.status?.replicas || undefined,
    readyReplicas: sum(all, (each) => each.status?.readyReplicas) || undefined,
    availableReplicas: available || undefined,
    unavailableReplicas: Math.max(0, sum(all, replicasOf) - available) || undefined,
    ...(deployment.status?.collisionCount === undefined ? {} : { collisionCount: deployment.status.collisionCount }),
  }
  const conditions = [availability(deployment, available, now), ...failures(all)]
  let result = deployment.status?.conditions?.filter((each) => each.type !== 'ReplicaFailure') ?? []
  for (const condition of conditions) result = withUpdate(result, condition)
  const progressing = progress(
    { ...deployment, status: { ...deployment.status, conditions: result } },
    status,
    fresh,
    now,
    note,
  )
  if (progressing) result = withUpdate(result, progressing)
  return { ...status, conditions: result }
}

/** Keeps a condition untouched while its status and reason are the same, as SetDeploymentCondition does. */
function withUpdate(conditions: readonly Condition[], condition: Condition): Condition[] {
  const before = conditionOf(conditions, condition.type)
  const same = before?.status === condition.status && before.reason === condition.reason
  const moved = condition.type === 'Progressing' && condition.reason === 'ReplicaSetUpdated'
  if (same && !moved) return [...conditions]
  return withCondition(conditions, condition)
}

function stamped(condition: Omit<Condition, 'lastTransitionTime'>, now: Date): Condition {
  return { ...condition, lastTransitionTime: time(now), lastUpdateTime: time(now) }
}

function availability(deployment: Deployment, available: number, now: Date): Condition {
  const enough = available >= replicasOf(deployment) - limitsOf(deployment).unavailable
  return stamped(
    enough
      ? {
          type: 'Available',
          status: 'True',
          reason: 'MinimumReplicasAvailable',
          message: 'Deployment has minimum availability.',
        }
      : {
          type: 'Available',
          status: 'False',
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
        },
    now,
  )
}

/** What hinders a ReplicaSet (quota, admission) is said on the deployment. */
function failures(all: readonly ReplicaSet[]): Condition[] {
  const failing = all.map((each) => conditionOf(each.status?.conditions, 'ReplicaFailure')).find((each) => each)
  if (!failing) return []
  return [{ ...failing, lastUpdateTime: failing.lastTransitionTime }]
}

/** All pods are new, available, and no old one is left. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const replicas = replicasOf(deployment)
  return (
    (status.updatedReplicas ?? 0) === replicas &&
    (status.replicas ?? 0) === replicas &&
    (status.availableReplicas ?? 0) === replicas
  )
}

function hasProgressed(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus): number => (status.replicas ?? 0) - (status.updatedReplicas ?? 0)
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  )
}

function progress(
  deployment: Deployment,
  status: DeploymentStatus,
  fresh: ReplicaSet | undefined,
  now: Date,
  note: Progress | undefined,
): Condition | undefined {
  const condition = (value: string, reason: string, message: string): Condition =>
    stamped({ type: 'Progressing', status: value, reason, message }, now)
  const before = conditionOf(deployment.status?.conditions, 'Progressing')
  const name = fresh?.metadata.name ?? deployment.metadata.name
  if (note) return condition(note.reason.startsWith('Deployment') ? 'Unknown' : 'True', note.reason, note.message)
  if (deployment.spec.paused) return undefined
  const settled =
    before?.reason === 'NewReplicaSetAvailable' && (status.replicas ?? 0) === (status.updatedReplicas ?? 0)
  if (settled) return undefined
  if (isComplete(deployment, status))
    return condition('True', 'NewReplicaSetAvailable', `ReplicaSet "${name}" has successfully progressed.`)
  if (hasProgressed(deployment.status ?? {}, status))
    return condition('True', 'ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`)
  if (deadline(deployment) !== undefined && remaining(deployment, now) <= 0)
    return condition('False', 'ProgressDeadlineExceeded', `ReplicaSet "${name}" has timed out progressing.`)
  return undefined
}

function deadline(deployment: Deployment): number | undefined {
  const before = conditionOf(deployment.status?.conditions, 'Progressing')
  if (!before || deployment.spec.paused || before.reason === 'NewReplicaSetAvailable') return undefined
  if (before.status === 'Unknown' || before.reason === 'ProgressDeadlineExceeded') return undefined
  return timeOf(before.lastUpdateTime) + (deployment.spec.progressDeadlineSeconds ?? 600) * 1000
}

/** Milliseconds until the rollout counts as timed out; infinite when nothing is going on. */
export function remaining(deployment: Deployment, now: Date): number {
  const at = deadline(deployment)
  return at === undefined ? Infinity : at - now.getTime()
}
