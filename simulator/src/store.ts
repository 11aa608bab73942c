/**
 * Where objects live: one frozen object per resource instance, indexes by namespace and owner, one counter of versions,
 * and for each resource a bounded history from which watches resume. Rules about what may be written are not here.
 */
import { type Change, type KubeObject, type ResourceKey } from './types.ts'

export type StoreEvent = Change & { resourceVersion: number }

type Dependent = { resource: ResourceKey; object: KubeObject }

export type Store = {
  get: (resource: ResourceKey, namespace: string | undefined, name: string) => KubeObject | undefined
  /** Sorted by namespace and name. The array stays as it is: later writes make a new one. */
  list: (resource: ResourceKey, namespace?: string) => readonly KubeObject[]
  /** Objects of a resource that name this uid as their controller. */
  listOwned: (resource: ResourceKey, ownerUid: string) => readonly KubeObject[]
  /** Objects of any resource that name this uid as an owner. */
  listDependents: (ownerUid: string) => readonly Dependent[]
  count: (resource: ResourceKey) => number
  /** Creates or replaces, with the next resourceVersion. The object must not be changed after. */
  put: (resource: ResourceKey, object: KubeObject) => KubeObject
  remove: (resource: ResourceKey, namespace: string | undefined, name: string) => KubeObject | undefined
  resourceVersion: () => number
  /** What happened to a resource after that version, oldest first; undefined when the history no longer reaches back. */
  since: (resource: ResourceKey, resourceVersion: number) => readonly StoreEvent[] | undefined
  /** Forgets the history: whoever resumes from an older version is told so. */
  expireHistory: () => void
  /** Takes over objects with their versions, without telling anyone: at start, from a journal. */
  restore: (objects: Iterable<[ResourceKey, KubeObject]>, resourceVersion: number) => void
  /** Every object, for a snapshot. */
  entries: () => Iterable<[ResourceKey, KubeObject]>
  /** Called after each commit, in order; a listener's own writes are told after it returns. */
  subscribe: (listener: (event: StoreEvent) => void) => () => void
  /** The same for one resource. */
  subscribeTo: (resource: ResourceKey, listener: (event: StoreEvent) => void) => () => void
}

type Namespace = { objects: Map<string, KubeObject>; names?: string[] | undefined; sorted?: KubeObject[] | undefined }

type Bucket = {
  namespaces: Map<string, Namespace>
  sorted?: readonly KubeObject[] | undefined
  size: number
  history: StoreEvent[]
  /** Versions up to this one are no longer in the history. */
  floor: number
  listeners: Set<(event: StoreEvent) => void>
}

const ascending = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)

function sortedIn(namespace: Namespace): readonly KubeObject[] {
  if (namespace.sorted) return namespace.sorted
  namespace.names ??= [...namespace.objects.keys()].sort(ascending)
  const sorted: KubeObject[] = []
  for (const name of namespace.names) {
    const object = namespace.objects.get(name)
    if (object) sorted.push(object)
  }
  return (namespace.sorted = sorted)
}

function sortedAcross(bucket: Bucket): readonly KubeObject[] {
  if (bucket.sorted) return bucket.sorted
  const names = [...bucket.namespaces.keys()].sort(ascending)
  const parts = names.map((name) => {
    const namespace = bucket.namespaces.get(name)
    return namespace ? sortedIn(namespace) : []
  })
  return (bucket.sorted = parts.flat())
}

/** An empty store. `historyLimit` is the least number of changes per resource that watches can resume from. */
export function createStore(historyLimit = 4_096): Store {
  const buckets = new Map<ResourceKey, Bucket>()
  const owners = createOwnerIndex()
  const listeners = new Set<(event: StoreEvent) => void>()
  const pending: StoreEvent[] = []
  let delivering = false
  let version = 1
  let startFloor = 0

  function bucketOf(resource: ResourceKey): Bucket {
    let bucket = buckets.get(resource)
    if (!bucket) {
      bucket = { namespaces: new Map(), size: 0, history: [], floor: startFloor, listeners: new Set() }
      buckets.set(resource, bucket)
    }
    return bucket
  }

  function place(resource: ResourceKey, object: KubeObject): KubeObject | undefined {
    const bucket = bucketOf(resource)
    const key = object.metadata.namespace ?? ''
    let namespace = bucket.namespaces.get(key)
    if (!namespace) bucket.namespaces.set(key, (namespace = { objects: new Map() }))
    const previous = namespace.objects.get(object.metadata.name)
    namespace.objects.set(object.metadata.name, object)
    namespace.sorted = undefined
    bucket.sorted = undefined
    if (!previous) {
      namespace.names = undefined
      bucket.size++
    }
    owners.replace(resource, previous, object)
    return previous
  }

  function deliver(event: StoreEvent): void {
    const bucket = bucketOf(event.resource)
    bucket.history.push(event)
    if (bucket.history.length > historyLimit * 2) {
      const dropped = bucket.history.splice(0, bucket.history.length - historyLimit)
      bucket.floor = dropped.at(-1)?.resourceVersion ?? bucket.floor
    }
    pending.push(event)
    if (delivering) return
    delivering = true
    try {
      for (let next = pending.shift(); next; next = pending.shift()) {
        for (const listener of listeners) listener(next)
        for (const listener of bucketOf(next.resource).listeners) listener(next)
      }
    } finally {
      delivering = false
    }
  }

  return {
    get: (resource, namespace, name) =>
      buckets
        .get(resource)
        ?.namespaces.get(namespace ?? '')
        ?.objects.get(name),
    list(resource, namespace) {
      const bucket = buckets.get(resource)
      if (!bucket) return []
      if (namespace === undefined) return sortedAcross(bucket)
      const found = bucket.namespaces.get(namespace)
      return found ? sortedIn(found) : []
    },
    listOwned: owners.controlledBy,
    listDependents: owners.dependentsOf,
    count: (resource) => buckets.get(resource)?.size ?? 0,
    put(resource, object) {
      object.metadata.resourceVersion = String(++version)
      const previous = place(resource, object)
      const type = previous ? 'MODIFIED' : 'ADDED'
      deliver({ type, resource, object, ...(previous ? { previous } : {}), resourceVersion: version })
      return object
    },
    remove(resource, key, name) {
      const bucket = buckets.get(resource)
      const namespace = bucket?.namespaces.get(key ?? '')
      const previous = namespace?.objects.get(name)
      if (!bucket || !namespace || !previous) return undefined
      namespace.objects.delete(name)
      namespace.names = namespace.sorted = bucket.sorted = undefined
      if (namespace.objects.size === 0) bucket.namespaces.delete(key ?? '')
      bucket.size--
      owners.replace(resource, previous, undefined)
      const object = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(++version) } }
      deliver({ type: 'DELETED', resource, object, previous, resourceVersion: version })
      return object
    },
    resourceVersion: () => version,
    since(resource, from) {
      const bucket = bucketOf(resource)
      if (from < bucket.floor) return undefined
      const { history } = bucket
      let start = history.length
      while (start > 0 && (history[start - 1]?.resourceVersion ?? 0) > from) start--
      return history.slice(start)
    },
    expireHistory() {
      version++
      startFloor = version
      for (const bucket of buckets.values()) {
        bucket.history = []
        bucket.floor = version
      }
    },
    restore(objects, resourceVersion) {
      for (const [resource, object] of objects) place(resource, object)
      version = Math.max(version, resourceVersion)
      startFloor = version
      for (const bucket of buckets.values()) bucket.floor = version
    },
    *entries() {
      for (const [resource, bucket] of buckets)
        for (const namespace of bucket.namespaces.values())
          for (const object of namespace.objects.values()) yield [resource, object]
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    subscribeTo(resource, listener) {
      const bucket = bucketOf(resource)
      bucket.listeners.add(listener)
      return () => void bucket.listeners.delete(listener)
    },
  }
}

type OwnerIndex = {
  replace: (resource: ResourceKey, previous: KubeObject | undefined, next: KubeObject | undefined) => void
  controlledBy: (resource: ResourceKey, ownerUid: string) => readonly KubeObject[]
  dependentsOf: (ownerUid: string) => readonly Dependent[]
}

/** Objects by the uid of each owner that they name. */
function createOwnerIndex(): OwnerIndex {
  const byOwner = new Map<string, Map<string, Dependent>>()

  return {
    replace(resource, previous, next) {
      for (const owner of previous?.metadata.ownerReferences ?? []) {
        const dependents = byOwner.get(owner.uid)
        dependents?.delete(previous?.metadata.uid ?? '')
        if (dependents?.size === 0) byOwner.delete(owner.uid)
      }
      if (!next) return
      for (const owner of next.metadata.ownerReferences ?? []) {
        let dependents = byOwner.get(owner.uid)
        if (!dependents) byOwner.set(owner.uid, (dependents = new Map<string, Dependent>()))
        dependents.set(next.metadata.uid, { resource, object: next })
      }
    },
    controlledBy(resource, ownerUid) {
      const found: KubeObject[] = []
      for (const dependent of byOwner.get(ownerUid)?.values() ?? []) {
        if (dependent.resource !== resource) continue
        const references = dependent.object.metadata.ownerReferences ?? []
        if (references.some((owner) => owner.uid === ownerUid && owner.controller)) found.push(dependent.object)
      }
      return found
    },
    dependentsOf: (ownerUid) => [...(byOwner.get(ownerUid)?.values() ?? [])],
  }
}
