/** What an update of each kind may not change. */
import { type FieldError, invalidValue, notAllowed } from '../errors.ts'
import { asObject, at, equal, type JsonObject } from '../json.ts'
import { compareQuantity } from '../quantity.ts'
import { type KubeObject, type ResourceKey } from '../types.ts'
import { checkPodUpdate } from './validation-pod.ts'

type UpdateCheck = (object: KubeObject, previous: KubeObject) => FieldError[]

const immutable = 'field is immutable'

function fixed(object: KubeObject, previous: KubeObject, ...path: string[]): FieldError[] {
  const [now, old] = [at(object, ...path), at(previous, ...path)]
  return equal(now, old) ? [] : [invalidValue(path.join('.'), now, immutable)]
}

function withoutFields(value: unknown, ...fields: string[]): JsonObject {
  const result = { ...asObject(value) }
  for (const field of fields) delete result[field]
  return result
}

const statefulSetFrozen =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', " +
  "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"

const changeableOfStatefulSets = [
  'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] // prettier-ignore

const claimFrozen =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'

function checkClaimUpdate(object: KubeObject, previous: KubeObject): FieldError[] {
  const [now, old] = [object.spec, previous.spec]
  const [size, before] = [at(now, 'resources', 'requests', 'storage'), at(old, 'resources', 'requests', 'storage')]
  const changeable = ['resources', 'volumeAttributesClassName', ...(at(old, 'volumeName') ? [] : ['volumeName'])]
  if (!equal(withoutFields(now, ...changeable), withoutFields(old, ...changeable)))
    return [notAllowed('spec', claimFrozen)]
  const granted = at(previous, 'status', 'capacity', 'storage')
  if (compareQuantity(size, before) < 0 && compareQuantity(size, granted ?? before) <= 0) {
    return [notAllowed('spec.resources.requests.storage', 'field can not be less than status.capacity')]
  }
  return []
}

/** `immutable: true` freezes the content of a secret or config map for good. */
function checkImmutable(object: KubeObject, previous: KubeObject): FieldError[] {
  const errors: FieldError[] = []
  if (object.kind === 'Secret' && object.type !== previous.type)
    errors.push(invalidValue('type', object.type, immutable))
  if (previous.immutable !== true) return errors
  const why = 'field is immutable when `immutable` is set'
  if (object.immutable !== true) errors.push(notAllowed('immutable', why))
  for (const field of ['data', 'binaryData']) {
    if (!equal(object[field], previous[field])) errors.push(notAllowed(field, why))
  }
  return errors
}

function checkServiceUpdate(object: KubeObject, previous: KubeObject): FieldError[] {
  const old = at(previous, 'spec', 'clusterIP')
  const both = [object, previous].every((each) => at(each, 'spec', 'type') !== 'ExternalName')
  if (!both || !old || old === at(object, 'spec', 'clusterIP')) return []
  const value = [at(object, 'spec', 'clusterIP')]
  return [invalidValue('spec.clusterIPs[0]', value, 'may not change once set')]
}

/** What of a job's template is settled: while it is suspended and has not started, where its pods run is not. */
function settledTemplate(object: KubeObject, previous: KubeObject): unknown {
  const template = at(object, 'spec', 'template')
  const open = at(previous, 'spec', 'suspend') === true && at(previous, 'status', 'startTime') === undefined
  if (!open) return template
  const spec = withoutFields(at(template, 'spec'), 'affinity', 'nodeSelector', 'schedulingGates', 'tolerations')
  return { metadata: withoutFields(at(template, 'metadata'), 'annotations', 'labels'), spec }
}

function checkJobUpdate(object: KubeObject, previous: KubeObject): FieldError[] {
  return [
    ...fixed(object, previous, 'spec', 'completions'),
    ...fixed(object, previous, 'spec', 'selector'),
    ...(equal(settledTemplate(object, previous), settledTemplate(previous, previous))
      ? []
      : [invalidValue('spec.template', at(object, 'spec', 'template'), immutable)]),
    ...fixed(object, previous, 'spec', 'completionMode'),
  ]
}

const selectorFixed: UpdateCheck = (object, previous) => fixed(object, previous, 'spec', 'selector')

const updateChecks: Readonly<Record<ResourceKey, UpdateCheck>> = {
  pods: (object, previous) => checkPodUpdate(object.spec, previous.spec),
  services: checkServiceUpdate,
  secrets: checkImmutable,
  configmaps: checkImmutable,
  persistentvolumeclaims: checkClaimUpdate,
  'deployments.apps': selectorFixed,
  'replicasets.apps': selectorFixed,
  'daemonsets.apps': selectorFixed,
  'statefulsets.apps': (object, previous) =>
    equal(
      withoutFields(object.spec, ...changeableOfStatefulSets),
      withoutFields(previous.spec, ...changeableOfStatefulSets),
    )
      ? []
      : [notAllowed('spec', statefulSetFrozen)],
  'jobs.batch': checkJobUpdate,
  'storageclasses.storage.k8s.io': (object, previous) =>
    ['provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode'].flatMap((field) =>
      equal(object[field], previous[field]) ? [] : [notAllowed(field, `updates to ${field} are forbidden.`)],
    ),
  'rolebindings.rbac.authorization.k8s.io': (object, previous) => fixed(object, previous, 'roleRef'),
  'clusterrolebindings.rbac.authorization.k8s.io': (object, previous) => fixed(object, previous, 'roleRef'),
}

/** Findings about what an update of a kind may not change. */
export function checkKindUpdate(resource: ResourceKey, object: KubeObject, previous: KubeObject): FieldError[] {
  return updateChecks[resource]?.(object, previous) ?? []
}
