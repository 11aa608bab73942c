/** Keeps as many pods as a ReplicaSet asks for (k8s.io/kubernetes/pkg/controller/replicaset). */
import { asNumber } from '../../json.ts'
import { labelSelectorMatches } from '../../selectors.ts'
import { asError } from '../shared/errors.ts'
import { adoptOrphans } from '../shared/adoption.ts'
import { splitKey } from '../shared/cluster.ts'
import { conditionOf, withCondition } from '../shared/conditions.ts'
import { type Deps } from '../shared/deps.ts'
import { type Condition, type Pod, type ReplicaSet } from '../shared/kinds.ts'
import { availableIn, controllerOf, isActive, isReady, podFromTemplate } from '../shared/pods.ts'
import { time, timeOf } from '../shared/time.ts'
import { wakeOwner } from './wake.ts'

/** As many pods are made or ended in one go at most (BurstReplicas). */
const BURST = 500

const phaseRank: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 }

/** Which of two pods goes first when there are too many: the one that is less far, then the younger one. */
function firstToGo(left: Pod, right: Pod): number {
  return (
    Number(left.spec.nodeName !== undefined) - Number(right.spec.nodeName !== undefined) ||
    (phaseRank[left.status?.phase ?? ''] ?? 0) - (phaseRank[right.status?.phase ?? ''] ?? 0) ||
    Number(isReady(left)) - Number(isReady(right)) ||
    deletionCost(left) - deletionCost(right) ||
    restarts(right) - restarts(left) ||
    timeOf(right.metadata.creationTimestamp) - timeOf(left.metadata.creationTimestamp)
  )
}

function deletionCost(pod: Pod): number {
  return Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0)
}

function restarts(pod: Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map((status) => asNumber(status.restartCount) ?? 0))
}

export function startReplicaSets(deps: Deps): void {
  const { cluster, changes, clock } = deps
  const recorder = deps.events.recorder({ component: 'replicaset-controller' })
  const queue = deps.queue(reconcile)
  changes.on('replicasets.apps', ({ object }) => queue.add(`${object.metadata.namespace}/${object.metadata.name}`))
  wakeOwner(changes, 'pods', 'ReplicaSet', queue)
  adoptOrphans(deps, 'replicasets.apps', 'pods')

  function reconcile(key: string): void {
    const [namespace, name] = splitKey(key)
    const replicaSet = cluster.get('replicasets.apps', namespace, name)
    if (!replicaSet) return queue.forget(key)
    const owned = cluster.owned('pods', replicaSet.metadata.uid)
    for (const pod of owned) release(replicaSet, pod)
    const active = cluster.owned('pods', replicaSet.metadata.uid).filter(isActive)
    let failure: Error | undefined
    if (replicaSet.metadata.deletionTimestamp === undefined) failure = attempt(() => scale(replicaSet, active))
    writeStatus(key, failure)
    if (failure !== undefined) throw failure
  }

  /** A pod whose labels no longer match is let go. */
  function release(replicaSet: ReplicaSet, pod: Pod): void {
    if (pod.metadata.deletionTimestamp !== undefined) return
    if (labelSelectorMatches(replicaSet.spec.selector, pod.metadata.labels ?? {})) return
    const ownerReferences = (pod.metadata.ownerReferences ?? []).filter(
      (owner) => owner.uid !== replicaSet.metadata.uid,
    )
    cluster.update('pods', { ...pod, metadata: { ...pod.metadata, ownerReferences } })
  }

  function scale(replicaSet: ReplicaSet, active: readonly Pod[]): void {
    const missing = (replicaSet.spec.replicas ?? 1) - active.length
    for (let count = 0; count < Math.min(missing, BURST); count++) create(replicaSet)
    if (missing >= 0) return
    const surplus = [...active].sort(firstToGo).slice(0, Math.min(-missing, BURST))
    for (const pod of surplus) {
      cluster.delete('pods', pod)
      const message = `Deleted pod: ${pod.metadata.name}`
      recorder.event(replicaSet, { type: 'Normal', reason: 'SuccessfulDelete', message })
    }
  }

  function create(replicaSet: ReplicaSet): void {
    try {
      const pod = cluster.create('pods', podFromTemplate(replicaSet.spec.template, replicaSet))
      const message = `Created pod: ${pod.metadata.name}`
      recorder.event(replicaSet, { type: 'Normal', reason: 'SuccessfulCreate', message })
    } catch (error) {
      const message = `Error creating: ${asError(error).message}`
      recorder.event(replicaSet, { type: 'Warning', reason: 'FailedCreate', message })
      throw error
    }
  }

  function writeStatus(key: string, failure: Error | undefined): void {
    const [namespace, name] = splitKey(key)
    const replicaSet = cluster.get('replicasets.apps', namespace, name)
    if (!replicaSet) return
    const active = cluster.owned('pods', replicaSet.metadata.uid).filter(isActive)
    const minReadySeconds = replicaSet.spec.minReadySeconds ?? 0
    const waits = active.map((pod) => availableIn(pod, minReadySeconds, clock.now()))
    const conditions = replicaFailure(replicaSet, failure, clock.now())
    const templateLabels = Object.entries(replicaSet.spec.template.metadata?.labels ?? {})
    cluster.setStatus('replicasets.apps', replicaSet, {
      replicas: active.length,
      fullyLabeledReplicas:
        active.filter((pod) => templateLabels.every(([label, value]) => pod.metadata.labels?.[label] === value))
          .length || undefined,
      readyReplicas: active.filter(isReady).length || undefined,
      availableReplicas: waits.filter((wait) => wait === 0).length || undefined,
      observedGeneration: replicaSet.metadata.generation,
      ...(conditions ? { conditions } : {}),
    })
    const next = waits.filter((wait) => wait !== undefined && wait > 0)
    if (next.length > 0) queue.addAfter(key, Math.min(...next.map(Number)))
  }
}

function attempt(run: () => void): Error | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    return asError(error)
  }
}

function replicaFailure(replicaSet: ReplicaSet, failure: Error | undefined, now: Date): Condition[] | undefined {
  const conditions = replicaSet.status?.conditions
  if (failure === undefined) {
    if (!conditionOf(conditions, 'ReplicaFailure')) return conditions
    const rest = conditions?.filter((condition) => condition.type !== 'ReplicaFailure')
    return rest?.length ? rest : undefined
  }
  // Said once: each attempt's message has another pod's name, and writing it would wake this controller again at once.
  if (conditionOf(conditions, 'ReplicaFailure')) return conditions
  return withCondition(conditions, {
    type: 'ReplicaFailure',
    status: 'True',
    reason: 'FailedCreate',
    message: failure.message,
    lastTransitionTime: time(now),
  })
}

/** The ReplicaSet's owner, if a Deployment controls it. */
export function deploymentOf(replicaSet: ReplicaSet): string | undefined {
  const owner = controllerOf(replicaSet)
  return owner?.kind === 'Deployment' ? `${replicaSet.metadata.namespace}/${owner.name}` : undefined
}
