/**
 * Strategic merge patch: like a merge patch, but lists with a merge key merge item by item, with the directives of
 * k8s.io/apimachinery/pkg/util/strategicpatch.
 */
import { badRequest } from '../errors.ts'
import { asArray, equal, isObject, type JsonObject } from '../json.ts'
import { fieldOf, type FieldType, type ListType } from '../schema/schema.ts'

const deletePrefix = '$deleteFromPrimitiveList/'
const orderPrefix = '$setElementOrder/'

function strategyOf(type: FieldType | undefined): readonly string[] {
  return typeof type === 'object' && 'strategy' in type ? (type.strategy?.split(',') ?? []) : []
}

function listType(type: FieldType | undefined): ListType | undefined {
  return typeof type === 'object' && 'list' in type ? type : undefined
}

function without(object: JsonObject, ...keys: string[]): JsonObject {
  const result = { ...object }
  for (const key of keys) delete result[key]
  return result
}

/** The document after the patch, by the list types of its kind. The input is not changed. */
export function applyStrategicMerge(document: JsonObject, patch: JsonObject, type: FieldType): JsonObject {
  if (patch.$patch === 'replace') return stripDirectives(without(patch, '$patch'))
  if (patch.$patch === 'delete') return {}
  if (patch.$patch !== undefined && patch.$patch !== 'merge') {
    throw badRequest(`Unknown patch type found: ${JSON.stringify(patch.$patch)}`)
  }
  const result: JsonObject = { ...document }
  const retained = Array.isArray(patch.$retainKeys) ? new Set(asArray(patch.$retainKeys)) : undefined
  if (retained) for (const key of Object.keys(result)) if (!retained.has(key)) delete result[key]
  for (const key in patch) {
    if (key === '$patch' || key === '$retainKeys' || key.startsWith(orderPrefix)) continue
    const value = patch[key]
    if (key.startsWith(deletePrefix)) {
      const field = key.slice(deletePrefix.length)
      if (Array.isArray(patch[field])) continue
      result[field] = asArray(result[field]).filter((item) => !asArray(value).some((gone) => equal(gone, item)))
    } else if (value === null) delete result[key]
    else result[key] = mergeField(result[key], value, fieldOf(type, key), patch, key)
  }
  for (const key in patch) if (key.startsWith(orderPrefix)) reorder(result, document, patch, key, type)
  return result
}

function mergeField(
  present: unknown,
  value: unknown,
  type: FieldType | undefined,
  patch: JsonObject,
  key: string,
): unknown {
  if (isObject(value)) return applyStrategicMerge(isObject(present) ? present : {}, value, type ?? 'any')
  if (!Array.isArray(value)) return value
  const list = listType(type)
  if (!list || !strategyOf(list).includes('merge')) return value.map(stripped)
  const removed = asArray(patch[deletePrefix + key])
  return list.mergeKey
    ? mergeKeyed(asArray(present), value, list, list.mergeKey)
    : mergePrimitives(asArray(present), value, removed)
}

function mergePrimitives(
  present: readonly unknown[],
  added: readonly unknown[],
  removed: readonly unknown[],
): unknown[] {
  const kept = present.filter((item) => !removed.some((gone) => equal(gone, item)))
  return [...kept, ...added.filter((item) => !kept.some((other) => equal(item, other)))]
}

function mergeKeyed(present: readonly unknown[], patches: readonly unknown[], list: ListType, key: string): unknown[] {
  if (patches.some((item) => isObject(item) && item.$patch === 'replace')) {
    return patches.filter((item) => !(isObject(item) && item.$patch === 'replace')).map(stripped)
  }
  const result = [...present]
  for (const item of patches) {
    if (!isObject(item)) throw badRequest(`expected an object in the list with merge key ${key}`)
    if (item[key] === undefined && item.$patch === undefined) {
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`)
    }
    const index = result.findIndex((other) => isObject(other) && equal(other[key], item[key]))
    const other = result[index]
    if (item.$patch === 'delete') {
      if (index >= 0) result.splice(index, 1)
    } else if (isObject(other)) result[index] = applyStrategicMerge(other, item, list.list)
    else result.push(stripDirectives(item))
  }
  return result
}

/** Puts the items that `$setElementOrder` names into its order; others keep their place after what preceded them. */
function reorder(result: JsonObject, before: JsonObject, patch: JsonObject, directive: string, type: FieldType): void {
  const field = directive.slice(orderPrefix.length)
  const items = result[field]
  if (!Array.isArray(items)) return
  const mergeKey = listType(fieldOf(type, field))?.mergeKey
  const identity = (item: unknown): string =>
    JSON.stringify(mergeKey !== undefined && isObject(item) ? item[mergeKey] : item)
  const wanted = asArray(patch[directive]).map(identity)
  const position = new Map(wanted.map((id, index) => [id, index]))
  const live = new Map(asArray(before[field]).map((item, index) => [identity(item), index]))
  const ordered = items.filter((item) => position.has(identity(item)))
  ordered.sort((left, right) => (position.get(identity(left)) ?? 0) - (position.get(identity(right)) ?? 0))
  for (const item of items.filter((each) => !position.has(identity(each)))) {
    const after = live.get(identity(item)) ?? 0
    const place = ordered.findIndex((other) => (live.get(identity(other)) ?? -1) > after)
    ordered.splice(place < 0 ? ordered.length : place, 0, item)
  }
  result[field] = ordered
}

function stripped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripped)
  return isObject(value) ? stripDirectives(value) : value
}

/** What a patch says when there is nothing to merge it with: its directives and nulls are gone. */
function stripDirectives(patch: JsonObject): JsonObject {
  const result: JsonObject = {}
  for (const key in patch) {
    const value = patch[key]
    if (key.startsWith('$') || value === null) continue
    if (Array.isArray(value)) {
      result[key] = value.filter((item) => !(isObject(item) && item.$patch === 'delete')).map(stripped)
    } else result[key] = stripped(value)
  }
  return result
}
