/** JSON of stored objects, made once and shared by get, list and watch, within a bound on memory. */
import { type KubeObject } from '../types.ts'

export type Serialiser = {
  /** The whole object. */
  json: (object: KubeObject) => string
  /** The object as an item of a typed list, where apiVersion and kind are not repeated. */
  item: (object: KubeObject) => string
}

/** A serialiser that keeps at most so many characters of JSON, the longest unused going first. */
export function createSerialiser(limit = 32_000_000): Serialiser {
  const cache = new Map<KubeObject, string>()
  let size = 0

  function json(object: KubeObject): string {
    const known = cache.get(object)
    if (known !== undefined) return known
    const text = JSON.stringify(object)
    size += text.length
    cache.set(object, text)
    for (const [oldest, old] of cache) {
      if (size <= limit || oldest === object) break
      cache.delete(oldest)
      size -= old.length
    }
    return text
  }

  return {
    json,
    item(object) {
      const text = json(object)
      const head = `{"apiVersion":"${object.apiVersion}","kind":"${object.kind}",`
      return text.startsWith(head) ? `{${text.slice(head.length)}` : text
    },
  }
}
