/**
 * How many pods each ReplicaSet of a deployment may have next: pure arithmetic of k8s.io/kubernetes/pkg/controller/
 * deployment (rolling.go, sync.go). Never more than replicas + maxSurge in all; never fewer available than
 * replicas - maxUnavailable on purpose.
 */
import { scaledValue } from '../shared/percent.ts'
import { type Deployment, type ReplicaSet } from '../shared/kinds.ts'
import { byCreation, DESIRED, MAXIMUM } from './revisions.ts'

/** What one ReplicaSet is to be scaled to. */
export type Scaling = { replicaSet: ReplicaSet; replicas: number }

export const replicasOf = (object: { spec: { replicas?: number } }): number => object.spec.replicas ?? 1

const total = (all: readonly ReplicaSet[]): number => all.reduce((sum, each) => sum + replicasOf(each), 0)

const availableTotal = (all: readonly ReplicaSet[]): number =>
  all.reduce((sum, each) => sum + (each.status?.availableReplicas ?? 0), 0)

/** maxSurge and maxUnavailable in pods. Both zero would never move: then one may be unavailable. */
export function limitsOf(deployment: Deployment): { surge: number; unavailable: number } {
  const replicas = replicasOf(deployment)
  const { type, rollingUpdate } = deployment.spec.strategy ?? {}
  if (type === 'Recreate') return { surge: 0, unavailable: 0 }
  const surge = scaledValue(rollingUpdate?.maxSurge ?? '25%', replicas, 'up')
  const unavailable = scaledValue(rollingUpdate?.maxUnavailable ?? '25%', replicas, 'down')
  if (surge === 0 && unavailable === 0) return { surge, unavailable: 1 }
  return { surge, unavailable: Math.min(unavailable, replicas) }
}

/** What the new ReplicaSet may grow (or must shrink) to. */
export function freshReplicas(
  deployment: Deployment,
  fresh: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): number {
  const replicas = replicasOf(deployment)
  const now = fresh ? replicasOf(fresh) : 0
  if (now >= replicas || deployment.spec.strategy?.type === 'Recreate') return replicas
  const room = replicas + limitsOf(deployment).surge - total(old) - now
  return room <= 0 ? now : now + Math.min(room, replicas - now)
}

/** How old ReplicaSets shrink: first the pods that are not available anyway, then as many as availability allows. */
export function shrinkOld(deployment: Deployment, fresh: ReplicaSet, old: readonly ReplicaSet[]): Scaling[] {
  if (total(old) === 0) return []
  const minimum = replicasOf(deployment) - limitsOf(deployment).unavailable
  const freshUnavailable = replicasOf(fresh) - (fresh.status?.availableReplicas ?? 0)
  const removable = total([...old, fresh]) - minimum - freshUnavailable
  if (removable <= 0) return []

  const sizes = new Map<ReplicaSet, number>(old.map((each) => [each, replicasOf(each)]))
  const take = (replicaSet: ReplicaSet, wanted: number): number => {
    const size = sizes.get(replicaSet) ?? 0
    const taken = Math.max(0, Math.min(size, wanted))
    sizes.set(replicaSet, size - taken)
    return taken
  }
  const sorted = [...old].sort(byCreation)
  let unhealthy = removable
  for (const each of sorted)
    unhealthy -= take(each, Math.min(unhealthy, replicasOf(each) - (each.status?.availableReplicas ?? 0)))
  let spare = availableTotal([...old, fresh]) - minimum
  for (const each of sorted) if (spare > 0) spare -= take(each, spare)
  return old.flatMap((replicaSet) => {
    const replicas = sizes.get(replicaSet) ?? 0
    return replicas === replicasOf(replicaSet) ? [] : [{ replicaSet, replicas }]
  })
}

/** Whether spec.replicas was changed since the ReplicaSets were last scaled: then sizes follow in proportion. */
export function isScalingEvent(deployment: Deployment, all: readonly ReplicaSet[]): boolean {
  return all.some((each) => {
    const desired = each.metadata.annotations?.[DESIRED]
    return replicasOf(each) > 0 && desired !== undefined && Number(desired) !== replicasOf(deployment)
  })
}

/** New sizes after spec.replicas changed in the middle of a rollout, or while it is paused. */
export function scaleInProportion(
  deployment: Deployment,
  fresh: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): Scaling[] {
  const replicas = replicasOf(deployment)
  const all = fresh ? [...old, fresh] : [...old]
  const active = all.filter((each) => replicasOf(each) > 0)
  const only = active.length === 0 ? (fresh ?? [...all].sort(byCreation).at(-1)) : active[0]
  if (active.length <= 1) return only ? [{ replicaSet: only, replicas }] : []
  if (fresh && replicasOf(fresh) === replicas && (fresh.status?.availableReplicas ?? 0) === replicas)
    return active.map((replicaSet) => ({ replicaSet, replicas: replicaSet === fresh ? replicas : 0 }))
  if (deployment.spec.strategy?.type === 'Recreate')
    return active.map((replicaSet) => ({ replicaSet, replicas: replicasOf(replicaSet) }))

  const allowed = replicas > 0 ? replicas + limitsOf(deployment).surge : 0
  let left = allowed - total(active)
  const growing = left > 0
  const sorted = active.sort((one, other) => replicasOf(other) - replicasOf(one) || byCreation(other, one))
  const scalings = sorted.map((replicaSet): Scaling => {
    const before = Number(replicaSet.metadata.annotations?.[MAXIMUM] ?? 0) || total(active)
    const share = Math.round((replicasOf(replicaSet) * allowed) / before) - replicasOf(replicaSet)
    const change = growing ? Math.max(0, Math.min(share, left)) : Math.min(0, Math.max(share, left))
    left -= change
    return { replicaSet, replicas: replicasOf(replicaSet) + change }
  })
  const largest = scalings[0]
  if (largest) largest.replicas = Math.max(0, largest.replicas + left)
  return scalings
}
