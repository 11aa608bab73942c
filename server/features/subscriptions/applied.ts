import { createHash } from 'node:crypto'
import { fingerprintOf, type ObservedObject } from '../clusters/service.ts'
import { lastChange } from '../../kube/apply.ts'
import type { KubeObject } from '../../kube/object.ts'

/**
 * What this process applied for a subscription, kept in memory to tell drift from our own doing: a process that knows
 * nothing yet applies everything once, which changes nothing where nothing drifted.
 */
export type Applied = {
  /** `wanted` is the digest of what was applied, `fingerprint` that of what the cluster made of it. */
  objects: Map<string, AppliedObject>
}

type AppliedObject = {
  wanted: string
  resourceVersion: string
  fingerprint: string
  /** When the last apply that changed anything was: it stays while others write the status. */
  changed: string
}

export const keyOf = ({ kind, metadata }: KubeObject): string => `${kind}/${metadata.name}`

const digestOf = (object: KubeObject): string => createHash('sha1').update(JSON.stringify(object)).digest('base64')

export const remember = (applied: Applied, wanted: KubeObject, answer: KubeObject): void => {
  applied.objects.set(keyOf(answer), {
    wanted: digestOf(wanted),
    resourceVersion: answer.metadata.resourceVersion ?? '',
    fingerprint: fingerprintOf(answer),
    changed: lastChange(answer),
  })
}

/**
 * Whether an apply whose answer this is changed the object. Its version does not tell: controllers write the status of
 * most kinds after each apply, which no drift is.
 */
export const hasChanged = (applied: Applied, answer: KubeObject): boolean =>
  applied.objects.get(keyOf(answer))?.changed !== lastChange(answer)

/**
 * Versions of one cluster are ordered numbers (KEP-5504): a watch that lags behind an apply shows older ones.
 */
export const isOlder = (one: string, other: string): boolean =>
  one.length === other.length ? one < other : one.length < other.length

/** Whether each of them was applied as it is wanted now. */
export const isApplied = (applied: Applied, wanted: readonly KubeObject[]): boolean =>
  wanted.every((object) => applied.objects.get(keyOf(object))?.wanted === digestOf(object))

/** The wanted objects that were not applied as they are wanted now, or that somebody changed or removed since. */
export function drifted(
  applied: Applied,
  observed: ReadonlyMap<string, ObservedObject>,
  wanted: readonly KubeObject[],
): KubeObject[] {
  return wanted.filter((object) => {
    const key = keyOf(object)
    const known = applied.objects.get(key)
    if (known?.wanted !== digestOf(object)) return true
    const seen = observed.get(key)
    return (
      seen !== undefined &&
      !isOlder(seen.resourceVersion, known.resourceVersion) &&
      seen.fingerprint !== known.fingerprint
    )
  })
}

/** Labelled objects that are not wanted, and policies of others that would open what ours close. */
export function unwanted(
  observed: ReadonlyMap<string, ObservedObject>,
  wanted: readonly KubeObject[],
): ObservedObject[] {
  const keys = new Set(wanted.map(keyOf))
  return [...observed.values()].filter(
    ({ key, kind, managed, deleting }) =>
      !deleting && !keys.has(key) && prunableKinds.has(kind) && (managed || kind === 'NetworkPolicy'),
  )
}

/** Not among them: claims, which hold data, the namespace, which holds everything, and pods, which their workloads own. */
const prunableKinds = new Set([
  'ResourceQuota',
  'LimitRange',
  'NetworkPolicy',
  'ServiceAccount',
  'ConfigMap',
  'Service',
  'Deployment',
  'StatefulSet',
  'Job',
  'Ingress',
  'PodDisruptionBudget',
])
