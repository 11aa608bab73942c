/** Deletion: graceful for pods, held up by finalizers, with the propagation that the client chose. */
import { conflict, forbidden, notFound } from '../errors.ts'
import { asArray, asNumber, at, asString } from '../json.ts'
import { type Resource } from '../registry/resources.ts'
import { type Store } from '../store.ts'
import { type Clock, type DeleteOptions, type KubeObject, type ObjectMeta } from '../types.ts'
import { timestamp } from './metadata.ts'
import { type Target } from './request.ts'

export type Deletion = {
  object: KubeObject
  /** Gone at once; otherwise it is only marked, and someone removes it later. */
  gone: boolean
}

export type DeleteRequest = DeleteOptions & { dryRun?: boolean; warnings?: string[] }

const orphanWarning =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set ' +
  'propagationPolicy=Orphan to suppress this warning'

const mismatch = (what: string, wanted: string, found: string): string =>
  `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${found})`

/** Namespaces without which a cluster is none. */
const immortal = new Set(['default', 'kube-system', 'kube-public'])

function checkPreconditions({ resource, name }: Target, object: KubeObject, options: DeleteOptions): void {
  const { uid, resourceVersion } = options.preconditions ?? {}
  const meta = object.metadata
  if (uid !== undefined && uid !== meta.uid) {
    throw conflict(
      resource,
      name,
      `${mismatch('UID', uid, meta.uid)}. The object might have been deleted and then recreated`,
    )
  }
  if (resourceVersion !== undefined && resourceVersion !== meta.resourceVersion) {
    const why = mismatch('ResourceVersion', resourceVersion, meta.resourceVersion)
    throw conflict(resource, name, `${why}. The object might have been modified`)
  }
}

/** Seconds that a pod is given to end; 0 when nothing of it runs. */
function gracePeriod(resource: Resource, object: KubeObject, options: DeleteOptions): number {
  if (resource.key !== 'pods') return 0
  const phase = at(object, 'status', 'phase')
  if (!at(object, 'spec', 'nodeName') || phase === 'Succeeded' || phase === 'Failed') return 0
  const wanted = options.gracePeriodSeconds ?? asNumber(at(object, 'spec', 'terminationGracePeriodSeconds')) ?? 30
  return Math.max(0, wanted)
}

/** Finalizers after the choice of propagation; jobs keep their pods unless told otherwise, as batch/v1 does. */
function propagate(resource: Resource, object: KubeObject, options: DeleteRequest): string[] {
  const finalizers = object.metadata.finalizers ?? []
  let policy = options.propagationPolicy
  if (policy === undefined && resource.key === 'jobs.batch' && object.metadata.deletionTimestamp === undefined) {
    policy = 'Orphan'
    if (!options.warnings?.includes(orphanWarning)) options.warnings?.push(orphanWarning)
  }
  if (policy === undefined) return finalizers
  const kept = finalizers.filter((each) => each !== 'foregroundDeletion' && each !== 'orphan')
  if (policy === 'Background') return kept
  return [...kept, policy === 'Foreground' ? 'foregroundDeletion' : 'orphan']
}

function marked(resource: Resource, object: KubeObject, seconds: number, finalizers: string[], now: Date): KubeObject {
  const old = object.metadata
  const due = timestamp(new Date(now.getTime() + seconds * 1_000))
  const shortened = old.deletionTimestamp === undefined || seconds < (old.deletionGracePeriodSeconds ?? 0)
  const { finalizers: _, ...rest } = old
  const metadata: ObjectMeta = {
    ...rest,
    ...(shortened ? { deletionTimestamp: due, deletionGracePeriodSeconds: seconds } : {}),
    ...(resource.generation && old.deletionTimestamp === undefined ? { generation: (old.generation ?? 0) + 1 } : {}),
    ...(finalizers.length ? { finalizers } : {}),
  }
  if (resource.key !== 'namespaces') return { ...object, metadata }
  return { ...object, metadata, status: { ...Object(object.status), phase: 'Terminating' } }
}

/**
 * Deletes, or marks for deletion. Throws 404, 403 for the system's namespaces, and 409 where a precondition does not hold or a namespace is on its way
 * already.
 */
export function deleteObject(store: Store, clock: Clock, target: Target, options: DeleteRequest): Deletion {
  const { resource, namespace, name } = target
  const object = store.get(resource.key, namespace, name)
  if (!object) throw notFound(resource, name)
  checkPreconditions(target, object, options)
  if (resource.key === 'namespaces' && immortal.has(name)) {
    throw forbidden(resource, name, 'this namespace may not be deleted')
  }
  const seconds = gracePeriod(resource, object, options)
  const finalizers = propagate(resource, object, options)
  const held = resource.key === 'namespaces' && asArray(at(object, 'spec', 'finalizers')).length > 0
  if (held && object.metadata.deletionTimestamp !== undefined) {
    const why =
      'The system is ensuring all content is removed from this namespace.  Upon completion, this namespace will ' +
      'automatically be purged by the system.'
    throw conflict(resource, name, why)
  }
  if (seconds === 0 && finalizers.length === 0 && !held) {
    if (!options.dryRun) store.remove(resource.key, namespace, name)
    return { object, gone: true }
  }
  const next = marked(resource, object, seconds, finalizers, clock.now())
  if (isSame(object, next) || options.dryRun) return { object: next, gone: false }
  return { object: store.put(resource.key, next), gone: false }
}

function isSame(before: KubeObject, after: KubeObject): boolean {
  const [old, now] = [before.metadata, after.metadata]
  return (
    old.deletionTimestamp === now.deletionTimestamp &&
    old.deletionGracePeriodSeconds === now.deletionGracePeriodSeconds &&
    asString(old.finalizers?.join()) === asString(now.finalizers?.join())
  )
}
