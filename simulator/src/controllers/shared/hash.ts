/** Short stable names for contents, in the alphabet that Kubernetes uses so that they spell no words. */

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

/** FNV-1a of the JSON with sorted keys, as up to ten safe characters (k8s.io/apimachinery/pkg/util/rand.SafeEncodeString). */
export function shortHash(value: unknown): string {
  const text = canonical(value)
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash ^= text.charCodeAt(index)
    hash = Math.imul(hash, 0x01000193)
  }
  let encoded = ''
  for (const character of String(hash >>> 0)) encoded += ALPHABET[character.charCodeAt(0) % ALPHABET.length] ?? ''
  return encoded
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  fields.sort(([left], [right]) => (left < right ? -1 : 1))
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`
}
