/** RFC 7386: objects merge, null removes, anything else replaces. */
import { isObject, type JsonObject } from '../json.ts'

/** The document after the merge. Unchanged parts are shared with the input, which is not changed. */
export function applyMergePatch(document: JsonObject, patch: JsonObject): JsonObject {
  const result: JsonObject = { ...document }
  for (const key in patch) {
    const value = patch[key]
    if (value === null) delete result[key]
    else if (isObject(value)) result[key] = applyMergePatch(isObject(result[key]) ? result[key] : {}, value)
    else result[key] = value
  }
  return result
}
