import type { ValueTemplate } from '../spec.ts'
import { isRecord, items, members, type Node, type Path } from './node.ts'
import type { Report } from './report.ts'
import type { Variables } from './variables.ts'

/**
 * Takes values out of the document in the form that is wanted. What has another form is refused on the spot and reads
 * as absent, so that everything else that is wrong is still found.
 */
export type Reader = {
  readonly report: Report
  readonly variables: Variables
  /** A scalar as text with holes. */
  readonly text: (node: Node, owner?: string) => ValueTemplate | undefined
  /** A scalar as it is, without holes: for what shapes the objects. */
  readonly fixed: (node: Node) => string | undefined
  readonly flag: (node: Node) => boolean | undefined
  readonly list: (node: Node) => Node[]
  readonly map: (node: Node) => [string, Node][]
  /** Where a list or a single scalar is allowed. */
  readonly oneOrMore: (node: Node) => Node[]
  readonly written: (path: Path) => string | undefined
}

export function createReader(
  report: Report,
  variables: Variables,
  written: (path: Path) => string | undefined,
): Reader {
  const wrong = (node: Node, wanted: string): undefined => {
    report.refuse('TYPE_INVALID', node.path, `This must be ${wanted}, and is ${kindOf(node.value)}.`)
    return undefined
  }
  const scalar = ({ value, path }: Node): string | undefined => {
    if (typeof value === 'string') return value
    if (typeof value === 'boolean') return String(value)
    if (typeof value !== 'number' && typeof value !== 'bigint') return undefined
    // What is too large for a number, an account's id for one, was rounded when it was read.
    return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : (written(path) ?? String(value))
  }
  const reader: Reader = {
    report,
    variables,
    written,
    text: (node, owner) => {
      const text = scalar(node)
      return text === undefined ? wrong(node, 'a text') : variables.read(text, node.path, owner)
    },
    fixed: (node) => {
      const text = scalar(node)
      return text === undefined ? wrong(node, 'a text') : variables.readFixed(text, node.path)
    },
    flag: (node) => {
      const text = typeof node.value === 'string' ? variables.readFixed(node.value, node.path) : node.value
      const word = String(text).toLowerCase()
      return yes.has(word) ? true : no.has(word) ? false : wrong(node, 'true or false')
    },
    list: (node) => (Array.isArray(node.value) ? items(node) : (wrong(node, 'a list'), [])),
    map: (node) => (isRecord(node.value) ? members(node) : (wrong(node, 'a map'), [])),
    oneOrMore: (node) => (Array.isArray(node.value) ? items(node) : [node]),
  }
  return reader
}

/** YAML 1.1's words, which Compose still takes where it wants a boolean. */
const yes: ReadonlySet<string> = new Set(['true', 'yes', 'y', 'on'])
const no: ReadonlySet<string> = new Set(['false', 'no', 'n', 'off'])

const kindOf = (value: unknown): string => {
  if (value === null || value === undefined) return 'empty'
  if (Array.isArray(value)) return 'a list'
  return isRecord(value) ? 'a map' : `a ${typeof value}`
}
