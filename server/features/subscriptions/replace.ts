import type { KubeClient } from '../../kube/client.ts'
import { isKubeError, kubeError, type KubeError } from '../../kube/errors.ts'
import { refOf, type KubeObject } from '../../kube/object.ts'
import { annotationKeys } from '../../workload/manifests/labels.ts'

/**
 * Applies an object, and makes it anew where what somebody else wrote into it is in the way: server-side apply merges
 * lists by key, so that a Service whose port was changed by hand would get a second port of the same name, which the
 * API server refuses for ever; and a workload that was made anew by hand with another selector has one for ever. Throws
 * what the API server said where making it anew could not help, or would lose data.
 */
export async function applyOrReplace(client: KubeClient, object: KubeObject): Promise<KubeObject> {
  try {
    return await client.apply(object)
  } catch (error) {
    if (!isKubeError(error) || error.kind !== 'invalid') throw error
    if (workloads.has(object.kind)) return replaceWorkload(client, object, error)
    if (!replaceable.has(object.kind)) throw error
    const stored = await client.get(refOf(object))
    // It was accepted once as it is wanted now: only somebody else's change can be what is refused.
    if (!stored?.metadata.uid || generationOf(stored) !== generationOf(object)) throw error
    await client.delete(refOf(object), { uid: stored.metadata.uid, propagation: 'Background' })
    return client.apply(object)
  }
}

/**
 * Data is in claims alone, so that a workload may go. Its pods go first (foreground), because those of its successor
 * would write to the same volumes: until then this throws `conflict`, and the queue comes again.
 */
async function replaceWorkload(client: KubeClient, object: KubeObject, refusal: KubeError): Promise<KubeObject> {
  if (!isSettled(refusal)) throw refusal
  const ref = refOf(object)
  const stored = await client.get(ref)
  if (!stored?.metadata.uid) return client.apply(object)
  if (stored.metadata.deletionTimestamp === undefined) {
    if (!(await wouldBeAccepted(client, object))) throw refusal
    await client.delete(ref, { uid: stored.metadata.uid, propagation: 'Foreground' })
  }
  throw kubeError('conflict', `${object.kind} ${ref.name} is made anew as soon as its predecessor is gone.`, {
    cause: refusal,
  })
}

/** A field is in the way that cannot be changed. The API server says so in no reason of its own, only in words. */
const isSettled = ({ message }: KubeError): boolean =>
  /field is immutable|updates to statefulset spec for fields other than/.test(message)

/** What runs is not ended for a form that is refused anyway: were it not for the one that is there, it would be taken. */
async function wouldBeAccepted(client: KubeClient, object: KubeObject): Promise<boolean> {
  const elsewhere = { ...object.metadata, name: `${object.metadata.name.slice(0, 40)}-anew` }
  try {
    await client.apply({ ...object, metadata: elsewhere }, { dryRun: true })
    return true
  } catch (error) {
    if (isKubeError(error) && error.kind === 'invalid') return false
    throw error
  }
}

const generationOf = ({ metadata }: KubeObject): string | undefined => metadata.annotations?.[annotationKeys.generation]

/** A job of another template runs anew: what prepares the data for the next version is one. */
const workloads = new Set(['Deployment', 'StatefulSet', 'Job'])

/** What holds no data and runs nothing. */
const replaceable = new Set([
  'ResourceQuota',
  'LimitRange',
  'NetworkPolicy',
  'ConfigMap',
  'Service',
  'Ingress',
  'PodDisruptionBudget',
])
