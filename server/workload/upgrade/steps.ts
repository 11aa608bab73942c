import { isRecord } from '../compose/node.ts'
import { manifests, type KubernetesObject, type ManifestInput } from '../manifests/index.ts'
import { labelKeys } from '../manifests/labels.ts'
import { changedImmutables } from './immutable.ts'

export type MigrationStep = {
  /**
   * `stop-first`: delete it and wait until its pods are gone, because another workload takes over what it holds.
   * `recreate`: delete it, with its pods, and let the next state make it anew. Claims, and the data in them, stay.
   */
  readonly action: 'stop-first' | 'recreate'
  readonly kind: string
  readonly name: string
  readonly reason: string
}

/** What has to make way before the next state can be applied; nothing where applying it is enough. */
export function migrationSteps(previous: ManifestInput, next: ManifestInput): MigrationStep[] {
  const before = manifests(previous)
  const after = new Map(manifests(next).map((object) => [keyOf(object), object]))
  const stops: MigrationStep[] = []
  const recreations: MigrationStep[] = []
  for (const object of before) {
    const successor = after.get(keyOf(object))
    if (!successor) stops.push(...stopOf(object, [...after.values()]))
    else if (object.kind !== 'PersistentVolumeClaim') recreations.push(...recreationOf(object, successor))
  }
  return [...stops, ...recreations]
}

const keyOf = ({ kind, metadata }: KubernetesObject): string => `${kind}/${metadata.name}`
const isWorkload = ({ kind }: KubernetesObject): boolean => kind === 'Deployment' || kind === 'StatefulSet'

function recreationOf(object: KubernetesObject, successor: KubernetesObject): MigrationStep[] {
  const fields = changedImmutables(object, successor)
  if (fields.length === 0) return []
  const { kind, metadata } = object
  return [{ action: 'recreate', kind, name: metadata.name, reason: `${fields.join(', ')} of a ${kind} cannot change.` }]
}

/** Objects are applied before old ones are pruned: two programs would write to one volume, or answer to one name. */
function stopOf(object: KubernetesObject, after: readonly KubernetesObject[]): MigrationStep[] {
  if (!isWorkload(object)) return []
  const { kind, metadata } = object
  const step = { action: 'stop-first', kind, name: metadata.name } as const
  const claims = claimsIn(object)
  const heir = after.find((other) => claimsIn(other).some((claim) => claims.includes(claim)))
  if (heir) return [{ ...step, reason: `${keyOf(heir)} takes its volume over.` }]
  const component = metadata.labels[labelKeys.component]
  const sameService = after.find(
    (other) => isWorkload(other) && other.metadata.labels[labelKeys.component] === component,
  )
  return sameService ? [{ ...step, reason: `${keyOf(sameService)} takes its place.` }] : []
}

function claimsIn({ spec }: KubernetesObject): string[] {
  const template = isRecord(spec) ? spec['template'] : undefined
  const pod = isRecord(template) ? template['spec'] : undefined
  const volumes = isRecord(pod) && Array.isArray(pod['volumes']) ? (pod['volumes'] as unknown[]) : []
  return volumes.flatMap((volume) => {
    const claim = isRecord(volume) ? volume['persistentVolumeClaim'] : undefined
    return isRecord(claim) && typeof claim['claimName'] === 'string' ? [claim['claimName']] : []
  })
}
