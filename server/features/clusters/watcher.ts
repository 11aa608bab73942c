import type { KubeClient } from '../../kube/client.ts'
import type { KubeObject } from '../../kube/object.ts'
import type { Watch } from '../../kube/watch.ts'
import type { Logger } from '../../lib/log.ts'
import { observe, observeVolume, requestsOf, type ObservedObject } from './projection.ts'
import type { MutableClusterView } from './view.ts'

/**
 * Fills a cluster's view from supervised watches and says which subscription each change concerns. Secrets are not
 * among them: Berth has no right to read secrets across a cluster, so a changed one is found by the resync.
 */
export type ClusterWatcher = { stop(): void }

export type WatcherEvents = {
  /** Something of a subscription changed, or an object of it is gone. */
  onChange(subscriptionId: string, removed?: ObservedObject): void
  onNodes(nodes: readonly KubeObject[]): void
  /** Every watch has listed once: from now on the view is the truth. */
  onSynced(): void
  onDown(error: unknown): void
  onUp(): void
}

/** Everything that Berth makes and may read; foreign network policies in our namespaces matter, so those come unlabelled. */
const managedKinds = [
  ['v1', 'Namespace'],
  ['v1', 'ResourceQuota'],
  ['v1', 'LimitRange'],
  ['v1', 'ServiceAccount'],
  ['v1', 'ConfigMap'],
  ['v1', 'PersistentVolumeClaim'],
  ['v1', 'Service'],
  ['apps/v1', 'Deployment'],
  ['apps/v1', 'StatefulSet'],
  ['batch/v1', 'Job'],
  ['networking.k8s.io/v1', 'Ingress'],
  ['policy/v1', 'PodDisruptionBudget'],
] as const

const apiVersions = new Map<string, string>([
  ...managedKinds.map(([apiVersion, kind]) => [kind, apiVersion] as const),
  ['NetworkPolicy', 'networking.k8s.io/v1'],
])
/** The version in which Berth speaks of a kind that it watches. */
export const apiVersionOf = (kind: string): string => apiVersions.get(kind) ?? 'v1'

type Handlers<T> = { put(value: T): void; remove(value: T): void; synced?(all: ReadonlyMap<string, T>): void }

export function watchCluster(
  client: KubeClient,
  view: MutableClusterView,
  labelSelector: string,
  events: WatcherEvents,
  log: Logger,
): ClusterWatcher {
  const watches: Watch[] = []
  const notListed = new Set<string>()
  const down = new Set<string>()

  const follow = <T>(
    apiVersion: string,
    kind: string,
    selector: string | undefined,
    project: (object: KubeObject) => T,
    handlers: Handlers<T>,
  ) => {
    notListed.add(kind)
    const watch = client.watch(
      { apiVersion, kind },
      { ...(selector !== undefined && { labelSelector: selector }), project },
      {
        onEvent: ({ type, object }) => (type === 'DELETED' ? handlers.remove(object) : handlers.put(object)),
        onSynced(all) {
          handlers.synced?.(all)
          if (notListed.delete(kind) && notListed.size === 0) {
            view.setObserving(true)
            events.onSynced()
          }
        },
        onDown(error) {
          if (down.size === 0) events.onDown(error)
          down.add(kind)
        },
        onUp() {
          if (down.delete(kind) && down.size === 0) events.onUp()
        },
      },
    )
    watches.push(watch)
  }

  const changed = (subscriptionId: string | undefined, removed?: ObservedObject) => {
    if (subscriptionId !== undefined) events.onChange(subscriptionId, removed)
  }
  const objects: Handlers<ObservedObject> = {
    put: (object) => changed(view.put(object)),
    remove: (object) => changed(view.remove(object), object),
  }

  for (const [apiVersion, kind] of managedKinds) follow(apiVersion, kind, labelSelector, observe, objects)
  follow('networking.k8s.io/v1', 'NetworkPolicy', undefined, observe, objects)
  follow('v1', 'Pod', undefined, (object) => ({ observed: observe(object), requests: requestsOf(object) }), {
    put({ observed, requests }) {
      view.putRequests(observed.uid, requests)
      objects.put(observed)
    },
    remove({ observed }) {
      view.removeRequests(observed.uid)
      objects.remove(observed)
    },
  })
  follow('v1', 'PersistentVolume', undefined, observeVolume, {
    put: (volume) => changed(view.putVolume(volume)),
    remove: (volume) => changed(view.removeVolume(volume)),
  })
  const nodes = new Map<string, KubeObject>()
  follow('v1', 'Node', undefined, withoutBulk, {
    put(node) {
      nodes.set(node.metadata.name, node)
      events.onNodes([...nodes.values()])
    },
    remove(node) {
      nodes.delete(node.metadata.name)
      events.onNodes([...nodes.values()])
    },
  })
  log.debug({ watches: watches.length }, 'watching the cluster')

  return {
    stop() {
      for (const watch of watches) watch.stop()
      view.clear()
    },
  }
}

/** A node without the list of images it has pulled, which is most of its size. */
function withoutBulk(node: KubeObject): KubeObject {
  const { managedFields: _fields, ...metadata } = node.metadata as KubeObject['metadata'] & { managedFields?: unknown }
  const { images: _images, ...status } = (node['status'] ?? {}) as Record<string, unknown>
  return { ...node, metadata, status }
}
