/** LimitRange: defaults for containers that say nothing, and bounds for what they may say. */
import { type Write } from '../api/request.ts'
import { forbidden } from '../errors.ts'
import { asObject, asObjects, asString, asStrings, at, type JsonObject } from '../json.ts'
import { compareQuantity, quantity, type ResourceList } from '../quantity.ts'
import { type Store } from '../store.ts'
import { podResources } from './quota-usage.ts'

function limitsIn(store: Store, namespace: string): readonly JsonObject[] {
  return store.list('limitranges', namespace).flatMap((each) => asObjects(at(each, 'spec', 'limits')))
}

function containersOf(write: Write): JsonObject[] {
  const spec = asObject(write.object.spec)
  return [...asObjects(spec.initContainers), ...asObjects(spec.containers)]
}

const annotation = 'kubernetes.io/limit-ranger'

/** Fills in what a container leaves out, and tells what that was: ` cpu request for container main`. */
function complete(container: JsonObject, item: JsonObject, title: string): string[] {
  const given = asObject(container.resources)
  const told: string[] = []
  const sides = [
    ['requests', 'request', asStrings(item.defaultRequest)],
    ['limits', 'limit', asStrings(item.default)],
  ] as const
  const merged: JsonObject = { ...given }
  for (const [side, word, defaults] of sides) {
    const own = asStrings(given[side])
    const added = Object.keys(defaults)
      .filter((name) => own[name] === undefined)
      .sort()
    if (added.length === 0) continue
    merged[side] = { ...defaults, ...own }
    told.push(`${added.join(', ')} ${word} for ${title} ${asString(container.name) ?? ''}`)
  }
  container.resources = merged
  return told
}

/** Gives a new pod's containers the defaults of its namespace, in place. */
export function applyLimitRanges(store: Store, { resource, object, previous }: Write): void {
  if (resource.key !== 'pods' || previous) return
  const spec = asObject(object.spec)
  const told: string[] = []
  for (const item of limitsIn(store, object.metadata.namespace ?? '')) {
    if (item.type !== 'Container') continue
    for (const container of asObjects(spec.containers)) told.push(...complete(container, item, 'container'))
    for (const container of asObjects(spec.initContainers)) told.push(...complete(container, item, 'init container'))
  }
  if (told.length === 0) return
  object.metadata.annotations = {
    ...object.metadata.annotations,
    [annotation]: `LimitRanger plugin set: ${told.join('; ')}`,
  }
}

function boundsOf(item: JsonObject, requests: ResourceList, limits: ResourceList, kind: string): string[] {
  const errors: string[] = []
  for (const [name, min] of Object.entries(asStrings(item.min))) {
    const request = requests[name]
    if (request === undefined) errors.push(`minimum ${name} usage per ${kind} is ${min}.  No request is specified`)
    else if (compareQuantity(request, min) < 0) {
      errors.push(`minimum ${name} usage per ${kind} is ${min}, but request is ${request}`)
    }
  }
  for (const [name, max] of Object.entries(asStrings(item.max))) {
    const limit = limits[name]
    if (limit === undefined) errors.push(`maximum ${name} usage per ${kind} is ${max}.  No limit is specified`)
    else if (compareQuantity(limit, max) > 0) {
      const word = kind === 'PersistentVolumeClaim' ? 'request' : 'limit'
      errors.push(`maximum ${name} usage per ${kind} is ${max}, but ${word} is ${limit}`)
    }
  }
  for (const [name, ratio] of Object.entries(asStrings(item.maxLimitRequestRatio))) {
    const [limit, request] = [quantity(limits[name]).nano, quantity(requests[name]).nano]
    if (request === 0n || limit * 1_000_000_000n > request * quantity(ratio).nano) {
      errors.push(
        `${name} max limit to request ratio per ${kind} is ${ratio}, but provided ratio is ${(Number(limit) / Number(request || 1n)).toFixed(6)}`,
      )
    }
  }
  return errors
}

/** Throws 403 for a pod or a claim outside the bounds of its namespace. */
export function checkLimitRanges(store: Store, write: Write): void {
  const { resource, object, subresource } = write
  if (subresource !== '' || (resource.key !== 'pods' && resource.key !== 'persistentvolumeclaims')) return
  if (resource.key === 'pods' && write.previous) return
  const errors: string[] = []
  for (const item of limitsIn(store, object.metadata.namespace ?? '')) {
    if (resource.key === 'persistentvolumeclaims' && item.type === 'PersistentVolumeClaim') {
      const requests = asStrings(at(object, 'spec', 'resources', 'requests'))
      errors.push(...boundsOf(item, requests, requests, 'PersistentVolumeClaim'))
    }
    if (resource.key === 'pods' && item.type === 'Container') {
      for (const container of containersOf(write)) {
        const [requests, limits] = [at(container, 'resources', 'requests'), at(container, 'resources', 'limits')]
        errors.push(...boundsOf(item, asStrings(requests), asStrings(limits), 'Container'))
      }
    }
    if (resource.key === 'pods' && item.type === 'Pod') {
      errors.push(...boundsOf(item, podResources(object, 'requests'), podResources(object, 'limits'), 'Pod'))
    }
  }
  if (errors.length === 0) return
  throw forbidden(resource, object.metadata.name, errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`)
}
