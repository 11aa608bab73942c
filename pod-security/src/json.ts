/** A pod is whatever somebody sent: what has another form than it should counts as absent. */
export type JsonObject = { [key: string]: unknown }

export function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The objects of an array; null for anything else in it would be read as an empty one. */
export function asObjects(value: unknown): readonly JsonObject[] {
  return asArray(value)
    .filter((item) => typeof item === 'object' && item !== null && !Array.isArray(item))
    .map(asObject)
}

export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The value at a path of field names; undefined where the path ends early. */
export function at(value: unknown, ...path: string[]): unknown {
  return path.reduce((here, field) => asObject(here)[field], value)
}
