/**
 * Empties namespaces that are being deleted, and says what holds them up
 * (k8s.io/kubernetes/pkg/controller/namespace/deletion).
 */
import { asError } from '../shared/errors.ts'
import { type Resource as ResourceRow, resources } from '../../registry/resources.ts'
import { type Change, type KubeObject } from '../../types.ts'
import { withCondition } from '../shared/conditions.ts'
import { type Deps } from '../shared/deps.ts'
import { type Condition, type Namespace } from '../shared/kinds.ts'
import { time } from '../shared/time.ts'

const contents = resources.filter((resource) => resource.namespaced)

type Remains = { byResource: Map<string, number>; byFinalizer: Map<string, number>; errors: string[] }

export function startNamespaces(deps: Deps): void {
  const { cluster, changes, clock } = deps
  const queue = deps.queue(reconcile)
  const ending = new Set<string>()
  changes.on('namespaces', ({ type, object }) => {
    const { name } = object.metadata
    if (type === 'DELETED' || object.metadata.deletionTimestamp === undefined) {
      ending.delete(name)
      return
    }
    ending.add(name)
    queue.add(name)
  })
  changes.onAny(({ object }: Change) => {
    const { namespace } = object.metadata
    if (namespace !== undefined && ending.has(namespace)) queue.add(namespace)
  })

  function reconcile(name: string): void {
    const namespace = cluster.get('namespaces', undefined, name)
    if (!namespace || namespace.metadata.deletionTimestamp === undefined) return
    const errors: string[] = []
    for (const resource of contents)
      for (const object of cluster.api.list(resource.key, name)) remove(resource, object, errors)
    const remains = countRemains(name, errors)
    if (remains.byResource.size === 0 && !namespace.metadata.finalizers?.length) {
      cluster.api.remove('namespaces', undefined, name)
      return
    }
    const latest = cluster.get('namespaces', undefined, name)
    if (latest) writeConditions(latest, remains)
  }

  function remove(resource: ResourceRow, object: KubeObject, errors: string[]): void {
    const { namespace, name, deletionTimestamp, uid } = object.metadata
    if (deletionTimestamp !== undefined) return
    try {
      cluster.api.delete(resource.key, namespace, name, { propagationPolicy: 'Background', preconditions: { uid } })
    } catch (error) {
      if (cluster.api.get(resource.key, namespace, name)) errors.push(asError(error).message)
    }
  }

  function countRemains(name: string, errors: string[]): Remains {
    const remains: Remains = { byResource: new Map(), byFinalizer: new Map(), errors }
    for (const resource of contents) {
      const left = cluster.api.list(resource.key, name)
      if (left.length === 0) continue
      remains.byResource.set(
        resource.group ? `${resource.plural}.${resource.group}` : `${resource.plural}.`,
        left.length,
      )
      for (const object of left)
        for (const finalizer of object.metadata.finalizers ?? [])
          remains.byFinalizer.set(finalizer, (remains.byFinalizer.get(finalizer) ?? 0) + 1)
    }
    return remains
  }

  function writeConditions(namespace: Namespace, remains: Remains): void {
    let { conditions } = namespace.status ?? {}
    for (const condition of remainsConditions(remains, clock.now())) conditions = withCondition(conditions, condition)
    cluster.setStatus('namespaces', namespace, { ...namespace.status, phase: 'Terminating', conditions })
  }
}

/** The five conditions, in the words of namespaced_resources_deleter and status_condition_utils. */
function remainsConditions({ byResource, byFinalizer, errors }: Remains, now: Date): Condition[] {
  const list = (counts: Map<string, number>, word: string): string =>
    [...counts]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, count]) => `${name} ${word} ${count} resource instances`)
      .join(', ')
  const condition = (type: string, problem: boolean, reason: string, message: string): Condition => ({
    type,
    status: problem ? 'True' : 'False',
    reason,
    message,
    lastTransitionTime: time(now),
  })
  return [
    condition(
      'NamespaceDeletionDiscoveryFailure',
      false,
      'ResourcesDiscovered',
      'All resources successfully discovered',
    ),
    condition(
      'NamespaceDeletionGroupVersionParsingFailure',
      false,
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    errors.length > 0
      ? condition(
          'NamespaceDeletionContentFailure',
          true,
          'ContentDeletionFailed',
          `Failed to delete all resource types, ${errors.length} remaining: ${errors.join(', ')}`,
        )
      : condition(
          'NamespaceDeletionContentFailure',
          false,
          'ContentDeleted',
          'All content successfully deleted, may be waiting on finalization',
        ),
    byResource.size > 0
      ? condition(
          'NamespaceContentRemaining',
          true,
          'SomeResourcesRemain',
          `Some resources are remaining: ${list(byResource, 'has')}`,
        )
      : condition('NamespaceContentRemaining', false, 'ContentRemoved', 'All content successfully removed'),
    byFinalizer.size > 0
      ? condition(
          'NamespaceFinalizersRemaining',
          true,
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${list(byFinalizer, 'in')}`,
        )
      : condition(
          'NamespaceFinalizersRemaining',
          false,
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        ),
  ]
}
