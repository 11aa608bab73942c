/**
 * Objects whose owners are gone go too; owners deleted in the foreground wait for their dependents; orphaned dependents
 * lose their reference (k8s.io/kubernetes/pkg/controller/garbagecollector).
 */
import { resourceOfKind } from '../../registry/resources.ts'
import { type Change, type KubeObject, type OwnerReference } from '../../types.ts'
import { type Deps } from '../shared/deps.ts'

const FOREGROUND = 'foregroundDeletion'
const ORPHAN = 'orphan'

type Standing = { present: KubeObject[]; waiting: KubeObject[]; unknown: boolean; absent: Set<string> }

export function startGarbageCollector(deps: Deps): void {
  const { cluster, changes } = deps
  const { api } = cluster
  const queue = deps.queue(reconcile)
  changes.onAny((change) => {
    const { type, resource, object } = change
    if (resource === 'events') return
    const { uid, ownerReferences, deletionTimestamp, finalizers } = object.metadata
    if (type === 'DELETED') {
      for (const dependent of api.listDependents(uid)) queue.add(keyFor(dependent.resource, dependent.object))
      for (const owner of ownerReferences ?? []) wakeOwner(owner, object.metadata.namespace)
      return
    }
    const held = deletionTimestamp !== undefined && finalizers?.some((each) => each === FOREGROUND || each === ORPHAN)
    if (held || ownersChanged(change)) queue.add(keyFor(resource, object))
  })

  /** An owner that waits for its dependents looks again when one is gone. */
  function wakeOwner(reference: OwnerReference, namespace: string | undefined): void {
    const owner = find(reference, namespace)
    if (owner?.object.metadata.finalizers?.includes(FOREGROUND)) queue.add(keyFor(owner.resource, owner.object))
  }

  function find(
    reference: OwnerReference,
    namespace: string | undefined,
  ): { resource: string; object: KubeObject } | undefined {
    const resource = resourceOfKind(reference.apiVersion, reference.kind)
    if (!resource) return undefined
    const object = api.get(resource.key, resource.namespaced ? namespace : undefined, reference.name)
    return object?.metadata.uid === reference.uid ? { resource: resource.key, object } : undefined
  }

  function reconcile(key: string): void {
    const [resource = '', namespace = '', name = ''] = key.split('|')
    const object = api.get(resource, namespace || undefined, name)
    if (!object) return
    const { deletionTimestamp, finalizers = [] } = object.metadata
    if (deletionTimestamp !== undefined) {
      if (finalizers.includes(ORPHAN)) return orphan(resource, object)
      if (finalizers.includes(FOREGROUND)) return deleteDependents(resource, object)
      return
    }
    if (object.metadata.ownerReferences?.length) collect(resource, object)
  }

  /** Deletes an object all of whose owners are gone or wait for it; forgets owners that are gone while one is left. */
  function collect(resource: string, object: KubeObject): void {
    const { present, waiting, unknown, absent } = standingOf(object)
    if (unknown) return
    if (present.length > 0) {
      if (absent.size === 0 && waiting.length === 0) return
      const gone = new Set([...absent, ...waiting.map((owner) => owner.metadata.uid)])
      return dropOwners(resource, object, (owner) => gone.has(owner.uid))
    }
    const dependents = waiting.length > 0 && api.listDependents(object.metadata.uid).length > 0
    const { namespace, name, uid } = object.metadata
    const policy = dependents ? 'Foreground' : (policyOf(object) ?? 'Background')
    api.delete(resource, namespace, name, { propagationPolicy: policy, preconditions: { uid } })
  }

  function standingOf(object: KubeObject): Standing {
    const standing: Standing = { present: [], waiting: [], unknown: false, absent: new Set() }
    for (const reference of object.metadata.ownerReferences ?? []) {
      if (!resourceOfKind(reference.apiVersion, reference.kind)) {
        standing.unknown = true
        continue
      }
      const owner = find(reference, object.metadata.namespace)?.object
      if (!owner) standing.absent.add(reference.uid)
      else if (owner.metadata.deletionTimestamp !== undefined && owner.metadata.finalizers?.includes(FOREGROUND))
        standing.waiting.push(owner)
      else standing.present.push(owner)
    }
    return standing
  }

  function deleteDependents(resource: string, owner: KubeObject): void {
    const dependents = api.listDependents(owner.metadata.uid)
    const blocking = dependents.some(({ object }) =>
      object.metadata.ownerReferences?.some((each) => each.uid === owner.metadata.uid && each.blockOwnerDeletion),
    )
    if (!blocking) return dropFinalizer(resource, owner, FOREGROUND)
    for (const { resource: each, object } of dependents)
      if (object.metadata.deletionTimestamp === undefined) collect(each, object)
  }

  function orphan(resource: string, owner: KubeObject): void {
    for (const dependent of api.listDependents(owner.metadata.uid))
      dropOwners(dependent.resource, dependent.object, (each) => each.uid === owner.metadata.uid)
    dropFinalizer(resource, owner, ORPHAN)
  }

  function dropOwners(resource: string, object: KubeObject, drop: (owner: OwnerReference) => boolean): void {
    const ownerReferences = object.metadata.ownerReferences?.filter((owner) => !drop(owner)) ?? []
    api.update(resource, { ...object, metadata: { ...object.metadata, ownerReferences } })
  }

  function dropFinalizer(resource: string, object: KubeObject, finalizer: string): void {
    const finalizers = object.metadata.finalizers?.filter((each) => each !== finalizer) ?? []
    api.update(resource, { ...object, metadata: { ...object.metadata, finalizers } })
  }
}

function keyFor(resource: string, object: KubeObject): string {
  return `${resource}|${object.metadata.namespace ?? ''}|${object.metadata.name}`
}

function ownersChanged({ object, previous }: Change): boolean {
  const now = object.metadata.ownerReferences ?? []
  const before = previous?.metadata.ownerReferences ?? []
  return (
    now.length > 0 && (now.length !== before.length || now.some((owner, index) => owner.uid !== before[index]?.uid))
  )
}

/** How an object's own finalizers want its deletion to go on. */
function policyOf(object: KubeObject): 'Orphan' | 'Foreground' | undefined {
  if (object.metadata.finalizers?.includes(ORPHAN)) return 'Orphan'
  return object.metadata.finalizers?.includes(FOREGROUND) ? 'Foreground' : undefined
}
