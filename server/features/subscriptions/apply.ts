import type { KubeClient } from '../../kube/client.ts'
import { isKubeError, type KubeError } from '../../kube/errors.ts'
import type { KubeObject } from '../../kube/object.ts'
import { hasChanged, keyOf, remember, type Applied } from './applied.ts'
import { applyOrReplace } from './replace.ts'

/**
 * Writes the wanted objects to the cluster in the order in which they need each other: the namespace, what limits and
 * guards it, then what runs in it. Each step's objects go at once.
 */
export type ApplyResult = {
  /** The keys of objects that were not as they are wanted: what was repaired, when nothing had been asked for. */
  changed: string[]
  /** Claims that the cluster no longer has under the identity that holds the data. */
  lostClaims: string[]
  refusals: { object: string; why: string }[]
}

/** Lower first. What a pod needs to be admitted exists before the workload that makes the pod. */
const steps: Readonly<Record<string, number>> = {
  Namespace: 0,
  ResourceQuota: 1,
  LimitRange: 1,
  NetworkPolicy: 1,
  ServiceAccount: 1,
  Secret: 1,
  ConfigMap: 1,
  PersistentVolumeClaim: 1,
  Service: 1,
}
const lastStep = 2
const stepOf = ({ kind }: KubeObject): number => steps[kind] ?? lastStep

type Options = {
  client: KubeClient
  applied: Applied
  /** Called before each write: throws where this process may no longer write. */
  assertStillOurs(): void
}

export async function applyObjects(
  objects: readonly KubeObject[],
  { client, applied, assertStillOurs }: Options,
): Promise<ApplyResult> {
  const result: ApplyResult = { changed: [], lostClaims: [], refusals: [] }
  const applyOne = async (object: KubeObject) => {
    assertStillOurs()
    try {
      const answer = await applyOrReplace(client, object)
      if (hasChanged(applied, answer)) result.changed.push(keyOf(object))
      remember(applied, object, answer)
    } catch (error) {
      if (!isKubeError(error)) throw error
      if (isLostClaim(object, error)) result.lostClaims.push(object.metadata.name)
      else if (isRefusal(error)) result.refusals.push({ object: keyOf(object), why: error.message })
      else throw error
    }
  }
  for (let step = 0; step <= lastStep; step++) {
    const due = objects.filter((object) => stepOf(object) === step)
    await Promise.all(due.map(applyOne))
    if (result.refusals.length > 0 || result.lostClaims.length > 0) break
  }
  return result
}

/**
 * A claim whose stored UID we name is never made anew: a UID in an applied object is a precondition. The API server
 * answers 409 where the claim is absent, and 422 on `metadata.uid` where another one has taken its name.
 */
const isLostClaim = (object: KubeObject, error: KubeError): boolean =>
  object.kind === 'PersistentVolumeClaim' &&
  object.metadata.uid !== undefined &&
  (error.kind === 'conflict' || (error.kind === 'invalid' && error.message.includes('metadata.uid')))

/** What no retry of the same will mend; everything else is tried again by the queue. */
const isRefusal = ({ kind }: KubeError): boolean => kind === 'invalid' || kind === 'forbidden'
