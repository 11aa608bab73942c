/** Untyped JSON, as it comes over the wire, and the few ways in which the simulator looks into it. */

export type JsonObject = { [key: string]: unknown }

/** True for a JSON object: neither null nor an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object itself, or an empty one when it is something else. */
export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The objects of an array; anything else in it is left out. */
export function asObjects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** The entries of a map of strings, such as labels. */
export function asStrings(value: unknown): Record<string, string> {
  const strings: Record<string, string> = {}
  for (const [key, entry] of Object.entries(asObject(value))) if (typeof entry === 'string') strings[key] = entry
  return strings
}

/** The value at a path of field names, or undefined where the path ends early. */
export function at(value: unknown, ...path: string[]): unknown {
  let here = value
  for (const field of path) {
    if (!isObject(here)) return undefined
    here = here[field]
  }
  return here
}

/** Deep equality of JSON values; an absent field equals an undefined one. */
export function equal(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length) return false
    return left.every((item, index) => equal(item, right[index]))
  }
  if (!isObject(left) || !isObject(right)) return false
  for (const key in left) if (!equal(left[key], right[key])) return false
  for (const key in right) if (right[key] !== undefined && left[key] === undefined) return false
  return true
}

/** A deep copy that may be changed. */
export function copy<T>(value: T): T {
  return structuredCloneJson(value) as T
}

function structuredCloneJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(structuredCloneJson)
  if (!isObject(value)) return value
  const result: JsonObject = {}
  for (const key in value) result[key] = structuredCloneJson(value[key])
  return result
}
