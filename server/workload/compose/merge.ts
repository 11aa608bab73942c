import { isRecord } from './node.ts'

/**
 * A service over the one that it extends (Compose Specification, "Merge and override"): maps are merged, lists follow
 * each other, and the rest is the nearer one's. Of both forms of a thing, a list and a map, it becomes the map.
 */
export function mergeServices(base: unknown, own: unknown): unknown {
  if (!isRecord(base) || !isRecord(own)) return own ?? base
  return mergeMaps(base, own, (key, from, to) => {
    if (replaced.has(key)) return to
    const identity = identities[key]
    if (identity && Array.isArray(from) && Array.isArray(to)) return overlaid(from, to, identity)
    if (key === 'healthcheck' && isRecord(from) && isRecord(to))
      return mergeMaps(from, to, (inner, older, newer) => (inner === 'test' ? newer : mergeValues(inner, older, newer)))
    return mergeValues(key, from, to)
  })
}

/** A command that follows another one would be another command. */
const replaced: ReadonlySet<string> = new Set(['command', 'entrypoint'])

/** What there can be one of only: the nearer one takes the place of the other. */
const identities: Readonly<Record<string, (item: unknown) => unknown>> = {
  volumes: (item) => (isRecord(item) ? item['target'] : targetOf(String(item))),
  configs: (item) => (isRecord(item) ? (item['target'] ?? item['source']) : item),
  secrets: (item) => (isRecord(item) ? (item['target'] ?? item['source']) : item),
}

const targetOf = (short: string): string | undefined => {
  const parts = short.split(':')
  return parts.length === 1 ? parts[0] : parts[1]
}

const overlaid = (
  base: readonly unknown[],
  own: readonly unknown[],
  identity: (item: unknown) => unknown,
): unknown[] => {
  const taken = new Set(own.map(identity))
  return [...base.filter((item) => !taken.has(identity(item))), ...own]
}

type Merge = (key: string, base: unknown, own: unknown) => unknown

function mergeMaps(base: Record<string, unknown>, own: Record<string, unknown>, merge: Merge): Record<string, unknown> {
  const merged = new Map(Object.entries(base))
  for (const [key, value] of Object.entries(own)) {
    const before = merged.get(key)
    // An empty key says nothing.
    merged.set(
      key,
      before === undefined || before === null ? value : value === null ? before : merge(key, before, value),
    )
  }
  return Object.fromEntries(merged)
}

function mergeValues(key: string, base: unknown, own: unknown): unknown {
  const [from, to] = [formOf(key, base, own), formOf(key, own, base)]
  if (isRecord(from) && isRecord(to)) return mergeMaps(from, to, mergeValues)
  if (lists.has(key)) return [from, to].flat()
  return Array.isArray(from) && Array.isArray(to) ? [...(from as unknown[]), ...(to as unknown[])] : to
}

/** Where a single one may stand for a list. */
const lists: ReadonlySet<string> = new Set(['dns', 'dns_search', 'env_file', 'tmpfs'])

/** As a map, where it is a list and the other one is a map. */
function formOf(key: string, value: unknown, other: unknown): unknown {
  const entry = entries[key]
  return entry && Array.isArray(value) && isRecord(other)
    ? Object.fromEntries(value.map((item: unknown) => entry(String(item))))
    : value
}

const assignment = (text: string): [string, unknown] => {
  const equals = text.indexOf('=')
  return equals < 0 ? [text, null] : [text.slice(0, equals), text.slice(equals + 1)]
}

const entries: Readonly<Record<string, (text: string) => [string, unknown]>> = {
  annotations: assignment,
  environment: assignment,
  labels: assignment,
  sysctls: assignment,
  extra_hosts: (text) => {
    const [, host = text, address = ''] = /^([^:=]+)[:=](.*)$/.exec(text) ?? []
    return [host, address]
  },
  depends_on: (name) => [name, { condition: 'service_started' }],
  networks: (name) => [name, null],
}
