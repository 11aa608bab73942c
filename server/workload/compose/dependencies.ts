import type { ServiceSpec } from '../spec.ts'
import { child, type Node } from './node.ts'
import type { Reader } from './reader.ts'
import { checkKeys } from './shape.ts'

const keys = new Set(['condition', 'required', 'restart'])

type Dependency = ServiceSpec['dependsOn'][number]

const conditions = {
  service_started: 'started',
  service_healthy: 'healthy',
  service_completed_successfully: 'completed',
} as const
const isCondition = (text: string): text is keyof typeof conditions => Object.hasOwn(conditions, text)

/** `depends_on` as a list or a map, and `links`, which means an order too. `labels` maps the document's names. */
export function readDependencies(
  service: Node,
  labels: ReadonlyMap<string, string>,
  leftOut: ReadonlySet<string>,
  reader: Reader,
): Dependency[] {
  const found = new Map<string, Dependency>()
  const add = (name: string, condition: Dependency['condition'], required: boolean, node: Node): void => {
    const label = labels.get(name)
    if (label !== undefined) found.set(label, { service: label, condition })
    else if (required && !leftOut.has(name)) {
      reader.report.refuse('DEPENDENCY_UNKNOWN', node.path, `There is no service "${name}".`)
    }
  }
  const links = child(service, 'links')
  for (const node of links ? reader.list(links) : []) {
    const text = reader.fixed(node)
    if (text !== undefined) add(text.split(':', 1)[0] ?? '', 'started', true, node)
  }
  const dependsOn = child(service, 'depends_on')
  if (dependsOn && Array.isArray(dependsOn.value)) {
    for (const node of reader.list(dependsOn)) {
      const name = reader.fixed(node)
      if (name !== undefined) add(name, 'started', true, node)
    }
  } else if (dependsOn) {
    for (const [name, node] of reader.map(dependsOn)) {
      if (node.value !== null) checkKeys(node, keys, 'A dependency', reader)
      const required = child(node, 'required')
      add(name, conditionOf(node, reader), required ? (reader.flag(required) ?? true) : true, node)
    }
  }
  return [...found.values()]
}

function conditionOf(node: Node, reader: Reader): Dependency['condition'] {
  const condition = child(node, 'condition')
  const text = condition && reader.fixed(condition)
  if (condition === undefined || text === undefined) return 'started'
  if (isCondition(text)) return conditions[text]
  reader.report.refuse(
    'VALUE_INVALID',
    condition.path,
    `"${text}" is not a condition: ${Object.keys(conditions).join(', ')}.`,
  )
  return 'started'
}
