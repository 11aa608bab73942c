/** Rolls a deployment's pods from template to template (k8s.io/kubernetes/pkg/controller/deployment). */
import { equal } from '../../json.ts'
import { adoptOrphans } from '../shared/adoption.ts'
import { keyOf, splitKey } from '../shared/cluster.ts'
import { conditionOf } from '../shared/conditions.ts'
import { type Deps } from '../shared/deps.ts'
import { type Deployment, type ReplicaSet } from '../shared/kinds.ts'
import { controllerOf, isFinished } from '../shared/pods.ts'
import { deploymentStatus, isComplete, type Progress, remaining } from './deployment-status.ts'
import { deploymentOf } from './replicaset.ts'
import {
  byCreation,
  DESIRED,
  divide,
  MAXIMUM,
  newReplicaSet,
  REVISION,
  revisionAnnotations,
  revisionOf,
} from './revisions.ts'
import {
  freshReplicas,
  isScalingEvent,
  limitsOf,
  replicasOf,
  scaleInProportion,
  type Scaling,
  shrinkOld,
} from './rollout.ts'
import { wakeOwner } from './wake.ts'

export function startDeployments(deps: Deps): void {
  const { cluster, changes, clock } = deps
  const recorder = deps.events.recorder({ component: 'deployment-controller' })
  const queue = deps.queue(reconcile)
  changes.on('deployments.apps', ({ object }) => queue.add(keyOf(object)))
  wakeOwner(changes, 'replicasets.apps', 'Deployment', queue)
  adoptOrphans(deps, 'deployments.apps', 'replicasets.apps')
  // A Recreate rollout waits for the last old pod to be gone, which no ReplicaSet's status tells.
  changes.on('pods', ({ type, object }) => {
    if (type !== 'DELETED') return
    const owner = controllerOf(object)
    if (owner?.kind !== 'ReplicaSet') return
    const replicaSet = cluster.get('replicasets.apps', object.metadata.namespace, owner.name)
    const key = replicaSet && deploymentOf(replicaSet)
    if (key !== undefined) queue.add(key)
  })

  function reconcile(key: string): void {
    const [namespace, name] = splitKey(key)
    const deployment = cluster.get('deployments.apps', namespace, name)
    if (!deployment) return queue.forget(key)
    const note = deployment.metadata.deletionTimestamp === undefined ? roll(deployment) : undefined
    writeStatus(key, note)
  }

  /** One step of the rollout; says what is worth a condition. */
  function roll(deployment: Deployment): Progress | undefined {
    const { fresh, old } = divided(deployment)
    const paused = pauseNote(deployment)
    if (deployment.spec.paused || isScalingEvent(deployment, fresh ? [...old, fresh] : old)) {
      scale(deployment, scaleInProportion(deployment, fresh, old))
      if (fresh) setRevision(deployment, fresh, old)
      return paused
    }
    const recreate = deployment.spec.strategy?.type === 'Recreate'
    if (recreate && (scale(deployment, toNothing(old)) || old.some(hasPods))) return paused
    if (!fresh) return createFresh(deployment, old)
    const found = setRevision(deployment, fresh, old)
    if (scale(deployment, [{ replicaSet: found, replicas: freshReplicas(deployment, found, old) }])) return paused
    if (!recreate && scale(deployment, shrinkOld(deployment, found, old))) return paused
    if (deployment.status && isComplete(deployment, deployment.status)) dropHistory(deployment, old)
    return paused ?? foundNote(deployment, found)
  }

  function divided(deployment: Deployment): { fresh: ReplicaSet | undefined; old: ReplicaSet[] } {
    return divide(deployment, cluster.owned('replicasets.apps', deployment.metadata.uid))
  }

  function hasPods(replicaSet: ReplicaSet): boolean {
    return cluster.owned('pods', replicaSet.metadata.uid).some((pod) => !isFinished(pod))
  }

  function createFresh(deployment: Deployment, old: readonly ReplicaSet[]): Progress {
    const revision = Math.max(0, ...old.map(revisionOf)) + 1
    const replicas = freshReplicas(deployment, undefined, old)
    const maximum = replicasOf(deployment) + limitsOf(deployment).surge
    const created = cluster.create('replicasets.apps', newReplicaSet(deployment, replicas, maximum, revision))
    markRevision(deployment, revision)
    if (replicas > 0) say(deployment, `Scaled up replica set ${created.metadata.name} from 0 to ${replicas}`)
    return { reason: 'NewReplicaSetCreated', message: `Created new replica set "${created.metadata.name}"` }
  }

  /** The new ReplicaSet carries the highest revision, also when it is an old one that was gone back to. */
  function setRevision(deployment: Deployment, fresh: ReplicaSet, old: readonly ReplicaSet[]): ReplicaSet {
    const revision = Math.max(Math.max(0, ...old.map(revisionOf)) + 1, revisionOf(fresh))
    const annotations = revisionAnnotations(deployment, fresh, revision)
    const minReadySeconds = deployment.spec.minReadySeconds ?? 0
    markRevision(deployment, revision)
    if (equal(annotations, fresh.metadata.annotations) && (fresh.spec.minReadySeconds ?? 0) === minReadySeconds)
      return fresh
    return cluster.update('replicasets.apps', {
      ...fresh,
      metadata: { ...fresh.metadata, annotations },
      spec: { ...fresh.spec, minReadySeconds },
    })
  }

  function markRevision(deployment: Deployment, revision: number): void {
    if (revisionOf(deployment) === revision) return
    const annotations = { ...deployment.metadata.annotations, [REVISION]: String(revision) }
    cluster.update('deployments.apps', { ...deployment, metadata: { ...deployment.metadata, annotations } })
  }

  /** True when a size changed. */
  function scale(deployment: Deployment, scalings: readonly Scaling[]): boolean {
    let scaled = false
    const maximum = String(replicasOf(deployment) + limitsOf(deployment).surge)
    const desired = String(replicasOf(deployment))
    for (const { replicaSet, replicas } of scalings) {
      const before = replicasOf(replicaSet)
      const annotations = { ...replicaSet.metadata.annotations, [DESIRED]: desired, [MAXIMUM]: maximum }
      if (before === replicas && equal(annotations, replicaSet.metadata.annotations)) continue
      cluster.update('replicasets.apps', {
        ...replicaSet,
        metadata: { ...replicaSet.metadata, annotations },
        spec: { ...replicaSet.spec, replicas },
      })
      if (before === replicas) continue
      scaled = true
      const direction = replicas > before ? 'up' : 'down'
      say(deployment, `Scaled ${direction} replica set ${replicaSet.metadata.name} from ${before} to ${replicas}`)
    }
    return scaled
  }

  function say(deployment: Deployment, message: string): void {
    recorder.event(deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message })
  }

  function dropHistory(deployment: Deployment, old: readonly ReplicaSet[]): void {
    const idle = old.filter(
      (each) =>
        replicasOf(each) === 0 && (each.status?.replicas ?? 0) === 0 && each.metadata.deletionTimestamp === undefined,
    )
    const surplus = idle.length - (deployment.spec.revisionHistoryLimit ?? 10)
    for (const each of idle.sort(byCreation).slice(0, Math.max(0, surplus))) cluster.delete('replicasets.apps', each)
  }

  function writeStatus(key: string, note: Progress | undefined): void {
    const [namespace, name] = splitKey(key)
    const deployment = cluster.get('deployments.apps', namespace, name)
    if (!deployment) return
    const { fresh, old } = divided(deployment)
    const status = deploymentStatus(deployment, fresh, old, clock.now(), note)
    const written = cluster.setStatus('deployments.apps', deployment, status)
    const wait = remaining(written, clock.now())
    if (Number.isFinite(wait)) queue.addAfter(key, wait + 1)
  }
}

function toNothing(old: readonly ReplicaSet[]): Scaling[] {
  return old.filter((each) => replicasOf(each) > 0).map((replicaSet) => ({ replicaSet, replicas: 0 }))
}

function pauseNote(deployment: Deployment): Progress | undefined {
  const before = conditionOf(deployment.status?.conditions, 'Progressing')
  if (before?.reason === 'ProgressDeadlineExceeded') return undefined
  const isPaused = before?.reason === 'DeploymentPaused'
  if (deployment.spec.paused && !isPaused) return { reason: 'DeploymentPaused', message: 'Deployment is paused' }
  if (!deployment.spec.paused && isPaused) return { reason: 'DeploymentResumed', message: 'Deployment is resumed' }
  return undefined
}

/** Going back to an existing ReplicaSet starts the progress anew. */
function foundNote(deployment: Deployment, fresh: ReplicaSet): Progress | undefined {
  if (conditionOf(deployment.status?.conditions, 'Progressing')) return undefined
  return { reason: 'FoundNewReplicaSet', message: `Found new replica set "${fresh.metadata.name}"` }
}
