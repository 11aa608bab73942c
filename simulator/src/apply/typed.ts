/**
 * Values with the type of their kind, as server-side apply sees them: which paths a value has, what changed between two
 * values, how one is merged into another, and what is left when paths are taken out
 * (sigs.k8s.io/structured-merge-diff/typed).
 */
import { equal, isObject, type JsonObject } from '../json.ts'
import { definitionOf, fieldOf, type FieldType, type ListType } from '../schema/schema.ts'
import { emptySet, type FieldSet, isEmptySet } from './field-set.ts'

type Shape = { kind: 'leaf' } | { kind: 'object'; type: FieldType } | { kind: 'list'; type: ListType }

/** How a value is treated: as one piece, field by field, or item by item. */
function shapeOf(type: FieldType, value: unknown): Shape {
  if (typeof type === 'string') {
    return type === 'any' && isObject(value) ? { kind: 'object', type: 'any' } : { kind: 'leaf' }
  }
  if ('list' in type) return type.type && Array.isArray(value) ? { kind: 'list', type } : { kind: 'leaf' }
  if ('map' in type) return type.atomic || !isObject(value) ? { kind: 'leaf' } : { kind: 'object', type }
  return definitionOf(type)?.atomic || !isObject(value) ? { kind: 'leaf' } : { kind: 'object', type }
}

const listKeyDefaults: JsonObject = { protocol: 'TCP' }

/** The step that names an item of a list: its keys, or its value in a set. */
function itemStep(type: ListType, item: unknown): string {
  if (type.type === 'set' || !isObject(item)) return `v:${JSON.stringify(item)}`
  const keys: JsonObject = {}
  for (const key of [...(type.keys ?? [])].sort()) {
    const value = item[key] ?? listKeyDefaults[key]
    if (value !== undefined) keys[key] = value
  }
  return `k:${JSON.stringify(keys)}`
}

function itemsOf(type: ListType, list: unknown): Map<string, unknown> {
  const items = new Map<string, unknown>()
  if (Array.isArray(list)) for (const item of list) items.set(itemStep(type, item), item)
  return items
}

const isStruct = (type: FieldType, field: string): boolean =>
  typeof type === 'object' && 'ref' in type && fieldOf(type, field) !== undefined

/** Every path that a value has: what its applier owns. */
export function fieldSetOf(value: unknown, type: FieldType): FieldSet {
  const set = emptySet()
  const shape = shapeOf(type, value)
  if (shape.kind === 'leaf') set.member = true
  else if (shape.kind === 'list') {
    for (const [step, item] of itemsOf(shape.type, value)) {
      const child = fieldSetOf(item, shape.type.list)
      set.children.set(step, { member: true, children: child.children })
    }
  } else if (isObject(value)) {
    for (const key in value) {
      const field = value[key]
      if (field === undefined) continue
      const child = fieldSetOf(field, fieldOf(shape.type, key) ?? 'any')
      const empty = field === null || (isObject(field) && Object.keys(field).length === 0)
      const member = child.member || empty || !isStruct(shape.type, key)
      if (member || child.children.size) set.children.set(`f:${key}`, { member, children: child.children })
    }
  }
  return set
}

export type Comparison = { added: FieldSet; modified: FieldSet; removed: FieldSet }

/** What differs between two values of a type. */
export function compareValues(before: unknown, after: unknown, type: FieldType): Comparison {
  const comparison = { added: emptySet(), modified: emptySet(), removed: emptySet() }
  compareInto(comparison, before, after, type)
  return comparison
}

function compareInto(into: Comparison, before: unknown, after: unknown, type: FieldType): void {
  if (before === after) return
  if (before === undefined || after === undefined) {
    const side = before === undefined ? into.added : into.removed
    const set = fieldSetOf(before ?? after, type)
    side.member = set.member || (set.children.size > 0 && !(typeof type === 'object' && 'ref' in type))
    side.children = withMaps(before ?? after, type, set).children
    return
  }
  const shape = shapeOf(type, after)
  const other = shapeOf(type, before)
  if (shape.kind === 'leaf' || other.kind !== shape.kind) {
    if (!equal(before, after)) into.modified.member = true
    return
  }
  if (shape.kind === 'list') {
    const [old, now] = [itemsOf(shape.type, before), itemsOf(shape.type, after)]
    for (const step of new Set([...old.keys(), ...now.keys()])) {
      descend(into, step, old.get(step), now.get(step), shape.type.list, true)
    }
    return
  }
  if (!isObject(before) || !isObject(after)) return
  for (const key in after) {
    descend(into, `f:${key}`, before[key], after[key], fieldOf(shape.type, key) ?? 'any', !isStruct(shape.type, key))
  }
  for (const key in before) {
    if (after[key] !== undefined || before[key] === undefined) continue
    descend(into, `f:${key}`, before[key], undefined, fieldOf(shape.type, key) ?? 'any', !isStruct(shape.type, key))
  }
}

function descend(
  into: Comparison,
  step: string,
  before: unknown,
  after: unknown,
  type: FieldType,
  item: boolean,
): void {
  if (before === after) return
  const child = { added: emptySet(), modified: emptySet(), removed: emptySet() }
  compareInto(child, before, after, type)
  if (item && before === undefined) child.added.member = true
  if (item && after === undefined) child.removed.member = true
  if (!isEmptySet(child.added)) into.added.children.set(step, child.added)
  if (!isEmptySet(child.modified)) into.modified.children.set(step, child.modified)
  if (!isEmptySet(child.removed)) into.removed.children.set(step, child.removed)
}

/** A map that came or went whole is itself a member (`.`), as an update records it. */
function withMaps(value: unknown, type: FieldType, set: FieldSet): FieldSet {
  const shape = shapeOf(type, value)
  if (shape.kind !== 'object' || !isObject(value)) return set
  const children = new Map(set.children)
  for (const [step, child] of children) {
    const key = step.slice(2)
    const fieldType = fieldOf(shape.type, key) ?? 'any'
    const below = withMaps(value[key], fieldType, child)
    const isMap = typeof fieldType === 'object' && 'map' in fieldType
    children.set(step, { member: child.member || isMap, children: below.children })
  }
  return { member: set.member, children }
}

/** The live value with the applied one laid over it. Neither is changed; unchanged parts are shared. */
export function mergeValues(live: unknown, applied: unknown, type: FieldType): unknown {
  if (applied === undefined || live === undefined) return applied ?? live
  const shape = shapeOf(type, applied)
  if (shape.kind === 'leaf' || shapeOf(type, live).kind !== shape.kind) return applied
  if (shape.kind === 'list') return mergeLists(live, applied, shape.type)
  if (!isObject(live) || !isObject(applied)) return applied
  const result: JsonObject = { ...live }
  for (const key in applied) result[key] = mergeValues(live[key], applied[key], fieldOf(shape.type, key) ?? 'any')
  return result
}

/** Items of both keep the applied order; those of the live list alone stay after what preceded them. */
function mergeLists(live: unknown, applied: unknown, type: ListType): unknown[] {
  const [left, right] = [itemsOf(type, live), itemsOf(type, applied)]
  const result: unknown[] = []
  const steps = [...left.keys()]
  let index = 0
  const takeLive = (): void => {
    for (let step = steps[index]; step !== undefined && !right.has(step); step = steps[++index])
      result.push(left.get(step))
  }
  for (const [step, item] of right) {
    takeLive()
    result.push(left.has(step) ? mergeValues(left.get(step), item, type.list) : item)
    if (steps[index] === step) index++
  }
  for (; index < steps.length; index++) {
    const step = steps[index] ?? ''
    if (!right.has(step)) result.push(left.get(step))
  }
  return result
}

/**
 * The value without what its applier no longer applies: paths in `dropped` go (with all that is below them), unless
 * they or something below them is in `owned`.
 */
export function pruneValue(value: unknown, dropped: FieldSet, owned: FieldSet, type: FieldType): unknown {
  const shape = shapeOf(type, value)
  if (shape.kind === 'leaf') return value
  if (shape.kind === 'list') {
    const result: unknown[] = []
    for (const [step, item] of itemsOf(shape.type, value)) {
      const gone = dropped.children.get(step)
      const kept = owned.children.get(step)
      if (!gone) result.push(item)
      else if (kept) result.push(pruneValue(item, gone, kept, shape.type.list))
    }
    return result.length ? result : undefined
  }
  if (!isObject(value)) return value
  let result = value
  for (const [step, gone] of dropped.children) {
    const key = step.slice(2)
    if (!step.startsWith('f:') || value[key] === undefined) continue
    const kept = owned.children.get(step)
    const left = kept ? pruneValue(value[key], gone, kept, fieldOf(shape.type, key) ?? 'any') : undefined
    if (left === value[key]) continue
    if (result === value) result = { ...value }
    if (left === undefined) delete result[key]
    else result[key] = left
  }
  return result
}
