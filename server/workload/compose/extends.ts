import { mergeServices } from './merge.ts'
import { child, isRecord, members, type Node, type Path } from './node.ts'
import { limits, valuesIn } from './plain.ts'
import type { Report } from './report.ts'
import { mostServices } from './services.ts'

/**
 * Services that extend others of the same document, written out as Compose merges them. One that extends a service of
 * another file stays as it is, and is refused where keys are looked at.
 */
export function writeOutExtensions(root: Node, report: Report, writtenAt: (path: Path) => string | undefined): Node {
  const services = child(root, 'services')
  const all = services ? members(services) : []
  // Too many are refused anyhow, and would be written out for nothing.
  const isDue = all.length <= mostServices && all.some(([, service]) => child(service, 'extends'))
  if (!isDue || !services || !isRecord(root.value)) return root
  const done = new Map<string, unknown>()
  let values = 0
  const writeOut = (name: string, node: Node, waiting: readonly string[]): unknown => {
    if (done.has(name)) return done.get(name)
    const base = baseOf(node, services, waiting, report)
    const own = withoutExtension(node, asWritten(node.value, node.path, writtenAt))
    const under = base && writeOut(base.name, base.node, [...waiting, base.name])
    // Of a document that is too large already, and is refused for it, merging on would make a hundred times as much.
    const whole = base && values <= limits.values ? mergeServices(under, own) : own
    values += valuesIn(whole)
    done.set(name, whole)
    return whole
  }
  const written = all.map(([name, node]) => [name, writeOut(name, node, [name])] as const)
  return { ...root, value: { ...root.value, services: Object.fromEntries(written) } }
}

/** `extends: base`, or `{ service: base }`. Undefined where there is none, or none that can be had. */
function baseOf(
  service: Node,
  services: Node,
  waiting: readonly string[],
  report: Report,
): { name: string; node: Node } | undefined {
  const extension = child(service, 'extends')
  if (!extension || child(extension, 'file')) return undefined
  const named = isRecord(extension.value) ? child(extension, 'service')?.value : extension.value
  if (typeof named !== 'string') {
    report.refuse('TYPE_INVALID', extension.path, '`extends` names a service.')
    return undefined
  }
  const node = child(services, named)
  if (!node) report.refuse('DEPENDENCY_UNKNOWN', extension.path, `There is no service "${named.slice(0, 60)}".`)
  else if (waiting.includes(named))
    report.refuse('DEPENDENCY_CYCLE', extension.path, `These services extend each other: ${waiting.join(', ')}.`)
  else return { name: named, node }
  return undefined
}

/** One of another file stays: it is refused where all keys are looked at. */
const withoutExtension = (service: Node, own: unknown): unknown => {
  const extension = child(service, 'extends')
  if (!isRecord(own) || (extension && child(extension, 'file'))) return own
  return Object.fromEntries(Object.entries(own).filter(([key]) => key !== 'extends'))
}

/** With numbers as they were written: where they come to stand, nobody could look it up. */
function asWritten(value: unknown, path: Path, writtenAt: (path: Path) => string | undefined): unknown {
  if (typeof value === 'number') return writtenAt(path) ?? value
  if (Array.isArray(value)) return value.map((item: unknown, index) => asWritten(item, [...path, index], writtenAt))
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, asWritten(inner, [...path, key], writtenAt)]),
  )
}
