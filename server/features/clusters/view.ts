import { subscriptionOfNamespace } from '../../workload/manifests/names.ts'
import type { ObservedObject, ObservedRequests, ObservedVolume } from './projection.ts'

/**
 * What this process knows of a cluster from its watches, indexed the way reconcilers ask. Only the process that holds
 * the cluster's watch lease has one that is `observing`; the others must not conclude anything from an empty view.
 */
export type ClusterView = {
  observing(): boolean
  /** The observed objects of a subscription's namespace, by `Kind/name`; the namespace itself among them. */
  objects(subscriptionId: string): ReadonlyMap<string, ObservedObject>
  volumes(subscriptionId: string): readonly ObservedVolume[]
  /** Sums of what foreign pods (none of ours) ask of each node. */
  foreignRequests(): ReadonlyMap<string, { cpuMillicores: number; memoryBytes: number; pods: number }>
}

export type MutableClusterView = ClusterView & {
  setObserving(observing: boolean): void
  put(object: ObservedObject): string | undefined
  remove(object: ObservedObject): string | undefined
  putVolume(volume: ObservedVolume): string | undefined
  removeVolume(volume: ObservedVolume): string | undefined
  putRequests(uid: string, requests: ObservedRequests): void
  removeRequests(uid: string): void
  clear(): void
}

const nothing: ReadonlyMap<string, ObservedObject> = new Map()

export function createClusterView(): MutableClusterView {
  const bySubscription = new Map<string, Map<string, ObservedObject>>()
  const volumesBySubscription = new Map<string, Map<string, ObservedVolume>>()
  const foreign = new Map<string, ObservedRequests>()
  let observing = false

  const ownerOf = ({ kind, name, namespace }: ObservedObject) =>
    subscriptionOfNamespace(kind === 'Namespace' ? name : (namespace ?? ''))

  return {
    observing: () => observing,
    setObserving: (now) => {
      observing = now
    },
    objects: (subscriptionId) => bySubscription.get(subscriptionId) ?? nothing,
    volumes: (subscriptionId) => [...(volumesBySubscription.get(subscriptionId)?.values() ?? [])],
    foreignRequests() {
      const sums = new Map<string, { cpuMillicores: number; memoryBytes: number; pods: number }>()
      for (const { node, cpuMillicores, memoryBytes, finished } of foreign.values()) {
        if (node === undefined || finished) continue
        const sum = sums.get(node) ?? { cpuMillicores: 0, memoryBytes: 0, pods: 0 }
        sums.set(node, {
          cpuMillicores: sum.cpuMillicores + cpuMillicores,
          memoryBytes: sum.memoryBytes + memoryBytes,
          pods: sum.pods + 1,
        })
      }
      return sums
    },
    put(object) {
      const owner = ownerOf(object)
      if (owner === undefined) return undefined
      const objects = bySubscription.get(owner) ?? new Map<string, ObservedObject>()
      objects.set(object.key, object)
      bySubscription.set(owner, objects)
      return owner
    },
    remove(object) {
      const owner = ownerOf(object)
      const objects = owner === undefined ? undefined : bySubscription.get(owner)
      if (owner === undefined || !objects) return owner
      // A successor of the same name may have been seen already: only this very object is forgotten.
      if (objects.get(object.key)?.uid === object.uid) objects.delete(object.key)
      if (objects.size === 0) bySubscription.delete(owner)
      return owner
    },
    putVolume(volume) {
      const owner = subscriptionOfNamespace(volume.claimNamespace ?? '')
      if (owner === undefined) return undefined
      const volumes = volumesBySubscription.get(owner) ?? new Map<string, ObservedVolume>()
      volumes.set(volume.name, volume)
      volumesBySubscription.set(owner, volumes)
      return owner
    },
    removeVolume(volume) {
      const owner = subscriptionOfNamespace(volume.claimNamespace ?? '')
      const volumes = owner === undefined ? undefined : volumesBySubscription.get(owner)
      volumes?.delete(volume.name)
      if (owner !== undefined && volumes?.size === 0) volumesBySubscription.delete(owner)
      return owner
    },
    putRequests: (uid, requests) => {
      if (subscriptionOfNamespace(requests.namespace ?? '') === undefined) foreign.set(uid, requests)
    },
    removeRequests: (uid) => {
      foreign.delete(uid)
    },
    clear() {
      bySubscription.clear()
      volumesBySubscription.clear()
      foreign.clear()
      observing = false
    },
  }
}
