/**
 * Sets of field paths as managed fields record them (`fieldsV1`), and the algebra that server-side apply needs.
 * Names of steps are those on the wire: `f:name`, `k:{"name":"x"}`, `v:"text"`; `.` marks that a node with children is
 * itself a member. See sigs.k8s.io/structured-merge-diff/fieldpath.
 */
import { isObject, type JsonObject } from '../json.ts'

export type FieldSet = { member: boolean; children: Map<string, FieldSet> }

export const emptySet = (): FieldSet => ({ member: false, children: new Map() })

/** Whether the path of this node, or any below it, is in the set. */
export function isEmptySet(set: FieldSet): boolean {
  return !set.member && set.children.size === 0
}

const parsed = new WeakMap<object, FieldSet>()

/** The set that a `fieldsV1` object stands for. Remembered per object: the result must not be changed. */
export function parseFields(fields: unknown): FieldSet {
  if (!isObject(fields)) return emptySet()
  const known = parsed.get(fields)
  if (known) return known
  const set = parseNode(fields)
  set.member = false
  parsed.set(fields, set)
  return set
}

function parseNode(fields: JsonObject): FieldSet {
  const set = emptySet()
  let leaf = true
  for (const key in fields) {
    leaf = false
    if (key === '.') set.member = true
    else set.children.set(key, parseNode(isObject(fields[key]) ? fields[key] : {}))
  }
  if (leaf) set.member = true
  return set
}

const interned = new Map<string, JsonObject>()

/** The `fieldsV1` object of a set. Equal sets give the same object: thousands of pods have the same few. */
export function formatFields(set: FieldSet): JsonObject {
  const fields = formatNode(set, true)
  const text = JSON.stringify(fields)
  const known = interned.get(text)
  if (known) return known
  if (interned.size > 2_000) interned.clear()
  interned.set(text, fields)
  parsed.set(fields, set)
  return fields
}

function formatNode(set: FieldSet, root: boolean): JsonObject {
  const fields: JsonObject = {}
  if (set.member && set.children.size > 0 && !root) fields['.'] = {}
  for (const key of [...set.children.keys()].sort()) {
    const child = set.children.get(key)
    if (child) fields[key] = formatNode(child, false)
  }
  return fields
}

export function unionSets(left: FieldSet, right: FieldSet): FieldSet {
  const children = new Map(left.children)
  for (const [key, child] of right.children) {
    const other = children.get(key)
    children.set(key, other ? unionSets(other, child) : child)
  }
  return { member: left.member || right.member, children }
}

/** Members of left that are not members of right. */
export function subtractSets(left: FieldSet, right: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>()
  for (const [key, child] of left.children) {
    const other = right.children.get(key)
    const rest = other ? subtractSets(child, other) : child
    if (!isEmptySet(rest)) children.set(key, rest)
  }
  return { member: left.member && !right.member, children }
}

export function intersectSets(left: FieldSet, right: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>()
  for (const [key, child] of left.children) {
    const other = right.children.get(key)
    if (!other) continue
    const shared = intersectSets(child, other)
    if (!isEmptySet(shared)) children.set(key, shared)
  }
  return { member: left.member && right.member, children }
}

export function sameSet(left: FieldSet, right: FieldSet): boolean {
  if (left === right) return true
  if (left.member !== right.member || left.children.size !== right.children.size) return false
  for (const [key, child] of left.children) {
    const other = right.children.get(key)
    if (!other || !sameSet(child, other)) return false
  }
  return true
}

/** The set without some top-level paths, such as `f:apiVersion` or `f:metadata` `f:name`. */
export function withoutPaths(set: FieldSet, paths: readonly (readonly string[])[]): FieldSet {
  let result = set
  for (const path of paths) result = withoutPath(result, path)
  return result
}

function withoutPath(set: FieldSet, path: readonly string[]): FieldSet {
  const [step, ...rest] = path
  const child = step === undefined ? undefined : set.children.get(step)
  if (step === undefined || !child) return set
  const children = new Map(set.children)
  const left = rest.length ? withoutPath(child, rest) : emptySet()
  if (isEmptySet(left)) children.delete(step)
  else children.set(step, left)
  return { member: set.member, children }
}

/** The members as people read them: `.spec.containers[name="x"].image`. */
export function pathsOf(set: FieldSet, prefix = ''): string[] {
  const paths = set.member && prefix ? [prefix] : []
  for (const key of [...set.children.keys()].sort()) {
    const child = set.children.get(key)
    if (child) paths.push(...pathsOf(child, prefix + readable(key)))
  }
  return paths
}

function readable(step: string): string {
  if (step.startsWith('f:')) return `.${step.slice(2)}`
  if (step.startsWith('v:')) return `[=${step.slice(2)}]`
  const keys: unknown = JSON.parse(step.slice(2))
  if (!isObject(keys)) return `[${step.slice(2)}]`
  return `[${Object.entries(keys)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}]`
}
