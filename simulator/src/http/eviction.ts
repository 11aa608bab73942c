/** The Eviction API: deletion that asks the disruption budgets of the pod first (KEP-85). */
import { deleteObject } from '../api/delete.ts'
import { type Operations } from '../api/operations.ts'
import { plainOptions } from '../api/request.ts'
import { internal, tooManyRequests } from '../errors.ts'
import { asNumber, asObject, asObjects, at, type JsonObject } from '../json.ts'
import { resourceOf } from '../registry/resources.ts'
import { labelSelectorMatches } from '../selectors.ts'
import { type Store } from '../store.ts'
import { type Clock, type KubeObject } from '../types.ts'

function isReady(pod: KubeObject): boolean {
  return asObjects(at(pod, 'status', 'conditions')).some((each) => each.type === 'Ready' && each.status === 'True')
}

/** Deletes a pod unless a budget forbids it: 429, to be tried again. A pod that does not run is never held back. */
export function evictPod(
  store: Store,
  clock: Clock,
  operations: Operations,
  pod: KubeObject,
  body: JsonObject,
): JsonObject {
  const { namespace, name, labels } = pod.metadata
  const phase = at(pod, 'status', 'phase')
  const bound =
    phase !== 'Pending' && phase !== 'Succeeded' && phase !== 'Failed' && pod.metadata.deletionTimestamp === undefined
  const budgets = bound
    ? store
        .list('poddisruptionbudgets.policy', namespace)
        .filter((budget) => labelSelectorMatches(at(budget, 'spec', 'selector'), labels ?? {}))
    : []
  if (budgets.length > 1)
    throw internal('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.')
  const [budget] = budgets
  const unhealthyAllowed = at(budget, 'spec', 'unhealthyPodEvictionPolicy') === 'AlwaysAllow' && !isReady(pod)
  const status = asObject(budget?.status)
  const allowed = asNumber(status.disruptionsAllowed) ?? 0
  if (budget && !unhealthyAllowed) {
    if (allowed <= 0) {
      const healthy = asNumber(status.desiredHealthy) ?? 0
      const current = asNumber(status.currentHealthy) ?? 0
      throw tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 10, [
        {
          reason: 'DisruptionBudget',
          message: `The disruption budget ${budget.metadata.name} needs ${healthy} healthy pods and has ${current} currently`,
          field: '',
        },
      ])
    }
    const dryRun = asObject(body.deleteOptions).dryRun !== undefined
    if (!dryRun) {
      const target = { resource: resourceOf('poddisruptionbudgets.policy'), namespace, name: budget.metadata.name }
      const spent = { ...budget, status: { ...status, disruptionsAllowed: allowed - 1 } }
      operations.update(target, () => spent, plainOptions(), 'status')
    }
  }
  const seconds = asNumber(asObject(body.deleteOptions).gracePeriodSeconds)
  deleteObject(
    store,
    clock,
    { resource: resourceOf('pods'), namespace, name },
    seconds === undefined ? {} : { gracePeriodSeconds: seconds },
  )
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }
}
