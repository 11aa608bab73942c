/** How many pods of a budget may be evicted now (k8s.io/kubernetes/pkg/controller/disruption). */
import { labelSelectorMatches } from '../../selectors.ts'
import { type Cluster, keyOf, splitKey } from '../shared/cluster.ts'
import { withCondition } from '../shared/conditions.ts'
import { type Deps } from '../shared/deps.ts'
import { type DisruptionBudget, type Pod } from '../shared/kinds.ts'
import { scaledValue } from '../shared/percent.ts'
import { controllerOf, isFinished, isReady } from '../shared/pods.ts'
import { time } from '../shared/time.ts'

export function startDisruptionBudgets(deps: Deps): void {
  const { cluster, changes, clock } = deps
  const queue = deps.queue(reconcile)
  const resource = 'poddisruptionbudgets.policy'
  changes.on(resource, ({ type, object }) => {
    if (type === 'DELETED') queue.forget(keyOf(object))
    else queue.add(keyOf(object))
  })
  changes.on('pods', ({ object, previous }) => {
    const unchanged = previous && trace(previous) === trace(object)
    if (unchanged) return
    for (const budget of cluster.list(resource, object.metadata.namespace)) {
      const matches = (pod: Pod | undefined): boolean =>
        pod !== undefined && labelSelectorMatches(budget.spec.selector, pod.metadata.labels ?? {})
      if (matches(object) || matches(previous)) queue.add(keyOf(budget))
    }
  })
  for (const owner of ['deployments.apps', 'replicasets.apps', 'statefulsets.apps'] as const)
    changes.on(owner, ({ object, previous }) => {
      if (previous && previous.spec.replicas === object.spec.replicas) return
      for (const budget of cluster.list(resource, object.metadata.namespace)) queue.add(keyOf(budget))
    })

  function reconcile(key: string): void {
    const [namespace, name] = splitKey(key)
    const budget = cluster.get(resource, namespace, name)
    if (!budget) return
    const pods = cluster
      .list('pods', namespace)
      .filter((pod) => !isFinished(pod) && labelSelectorMatches(budget.spec.selector, pod.metadata.labels ?? {}))
    const { expected, desired } = expectation(cluster, budget, pods)
    const healthy = pods.filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined).length
    const allowed = Math.max(0, expected <= 0 ? 0 : healthy - desired)
    cluster.setStatus(resource, budget, {
      ...budget.status,
      observedGeneration: budget.metadata.generation,
      disruptionsAllowed: allowed,
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods: expected,
      conditions: withCondition(budget.status?.conditions, {
        type: 'DisruptionAllowed',
        status: allowed > 0 ? 'True' : 'False',
        reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
        message: '',
        observedGeneration: budget.metadata.generation,
        lastTransitionTime: time(clock.now()),
      }),
    })
  }
}

const trace = (pod: Pod): string =>
  `${isReady(pod)} ${isFinished(pod)} ${pod.metadata.deletionTimestamp} ${JSON.stringify(pod.metadata.labels)}`

/** Pods that there should be, by their controllers' scale, and how many of them must stay healthy. */
function expectation(
  cluster: Cluster,
  budget: DisruptionBudget,
  pods: readonly Pod[],
): { expected: number; desired: number } {
  const { minAvailable, maxUnavailable } = budget.spec
  if (maxUnavailable !== undefined) {
    const expected = scaleOf(cluster, pods)
    return { expected, desired: Math.max(0, expected - scaledValue(maxUnavailable, expected, 'up')) }
  }
  if (typeof minAvailable === 'string') {
    const expected = scaleOf(cluster, pods)
    return { expected, desired: scaledValue(minAvailable, expected, 'up') }
  }
  return { expected: pods.length, desired: minAvailable ?? 1 }
}

function scaleOf(cluster: Cluster, pods: readonly Pod[]): number {
  const scales = new Map<string, number>()
  for (const pod of pods) {
    const owner = controllerOf(pod)
    if (!owner || scales.has(owner.uid)) continue
    const { namespace } = pod.metadata
    if (owner.kind === 'StatefulSet')
      scales.set(owner.uid, cluster.get('statefulsets.apps', namespace, owner.name)?.spec.replicas ?? 1)
    if (owner.kind !== 'ReplicaSet') continue
    const replicaSet = cluster.get('replicasets.apps', namespace, owner.name)
    const parent = replicaSet && controllerOf(replicaSet)
    const deployment = parent && cluster.get('deployments.apps', namespace, parent.name)
    scales.set(parent?.uid ?? owner.uid, deployment?.spec.replicas ?? replicaSet?.spec.replicas ?? 1)
  }
  return [...scales.values()].reduce((sum, scale) => sum + scale, 0)
}
