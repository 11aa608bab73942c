import type { KubeClient } from '../../kube/client.ts'
import { isKubeError } from '../../kube/errors.ts'
import { refOf, type KubeObject } from '../../kube/object.ts'
import { annotationKeys } from '../../workload/manifests/labels.ts'

/**
 * Applies an object, and makes it anew where what somebody else wrote into it is in the way: server-side apply merges
 * lists by key, so that a Service whose port was changed by hand would get a second port of the same name, which the
 * API server refuses for ever. Throws what the API server said where making it anew could not help, or would lose what
 * runs.
 */
export async function applyOrReplace(client: KubeClient, object: KubeObject): Promise<KubeObject> {
  try {
    return await client.apply(object)
  } catch (error) {
    if (!isKubeError(error) || error.kind !== 'invalid' || !replaceable.has(object.kind)) throw error
    const stored = await client.get(refOf(object))
    // It was accepted once as it is wanted now: only somebody else's change can be what is refused.
    if (!stored?.metadata.uid || generationOf(stored) !== generationOf(object)) throw error
    await client.delete(refOf(object), { uid: stored.metadata.uid, propagation: 'Background' })
    return client.apply(object)
  }
}

const generationOf = ({ metadata }: KubeObject): string | undefined => metadata.annotations?.[annotationKeys.generation]

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
