import { isAlias, isMap, isScalar, isSeq } from 'yaml'
import type { Document, YAMLMap } from 'yaml'
import { isRecord } from './node.ts'
import { isMergeKey, type Targets } from './yaml-aliases.ts'

/**
 * What a document may come to with its aliases and merges written out: far more than any real one, far less than what
 * would hurt. A few hundred bytes of aliases come to billions of values, and a text costs as often as it is repeated.
 */
export const limits = { depth: 40, values: 50_000, characters: 4 * 2 ** 20 } as const

type Measure = { readonly values: number; readonly characters: number; readonly depth: number }

function excessIn({ values, characters, depth }: Measure): string | undefined {
  if (depth > limits.depth) return `The template is nested more than ${limits.depth} levels deep.`
  if (values > limits.values) return `The template has more than ${limits.values} values, aliases written out.`
  return characters > limits.characters
    ? `The template's texts have more than ${limits.characters} characters, aliases written out.`
    : undefined
}

/**
 * A document as plain data, where that does not become too much. It is measured first, each node once: the library,
 * which could do the same, counts aliases while it writes them out, and merges not at all.
 */
export function plainOf(
  document: Document.Parsed,
  targets: Targets,
): { ok: true; root: unknown } | { ok: false; excess: string } {
  const excess = excessIn(measureOf(document, targets))
  return excess === undefined ? { ok: true, root: writeOut(document, targets) } : { ok: false, excess }
}

const endless: Measure = { values: Infinity, characters: 0, depth: Infinity }

function measureOf(document: Document.Parsed, targets: Targets): Measure {
  const known = new Map<unknown, Measure>()
  const measure = (node: unknown, depth: number): Measure => {
    if (isAlias(node)) return measure(targets.get(node), depth)
    if (isScalar(node)) return { values: 1, characters: lengthOf(node.value), depth: 0 }
    if (!isMap(node) && !isSeq(node)) return { values: 1, characters: 0, depth: 0 }
    const done = known.get(node)
    if (done) return done
    if (depth > limits.depth) return endless
    // What holds itself has no end, and is found here while it is measured.
    known.set(node, endless)
    const inner = isMap(node) ? node.items.flatMap(({ key, value }) => [key, value]) : node.items
    const parts = inner.map((item) => measure(item, depth + 1))
    const sum = {
      // Keys are no values.
      values: parts.reduce((total, { values }, index) => total + (isMap(node) && index % 2 === 0 ? 0 : values), 1),
      characters: parts.reduce((total, { characters }) => total + characters, 0),
      depth: 1 + parts.reduce((deepest, part) => Math.max(deepest, part.depth), 0),
    }
    known.set(node, sum)
    return sum
  }
  return measure(document.contents, 0)
}

const lengthOf = (value: unknown): number => (typeof value === 'string' ? value.length : 0)

/** What aliases repeat is written once, and shared. */
function writeOut(document: Document.Parsed, targets: Targets): unknown {
  const done = new Map<unknown, unknown>()
  const write = (node: unknown): unknown => {
    if (isAlias(node)) return write(targets.get(node))
    if (isScalar(node)) return node.value
    if (!isMap(node) && !isSeq(node)) return null
    if (!done.has(node)) done.set(node, isMap(node) ? Object.fromEntries(entriesOf(node)) : node.items.map(write))
    return done.get(node)
  }
  /** A map's own keys win over what `<<` brings, and of that the first. */
  const entriesOf = (map: YAMLMap): Map<string, unknown> => {
    const entries = new Map<string, unknown>()
    for (const { key, value } of map.items) {
      if (!isMergeKey(key)) entries.set(keyOf(write(key)), write(value))
      else {
        for (const source of [write(value)].flat().filter(isRecord))
          for (const [name, inner] of Object.entries(source)) if (!entries.has(name)) entries.set(name, inner)
      }
    }
    return entries
  }
  return write(document.contents)
}

const keyOf = (key: unknown): string => (isText(key) ? String(key) : '')

/** An empty key is null, and means the empty text. */
const isText = (key: unknown): key is string | number | boolean => key !== null && key !== undefined

/** The same of plain data that grew since it was read. Without recursion, and it stops at the limit. */
export function excessOf(root: unknown): string | undefined {
  const stack: [unknown, number][] = [[root, 0]]
  let [values, characters] = [0, 0]
  for (let next = stack.pop(); next; next = stack.pop()) {
    const [value, depth] = next
    values++
    characters += lengthOf(value)
    const excess = excessIn({ values, characters, depth })
    if (excess !== undefined) return excess
    const inner = Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : []
    for (const item of inner) stack.push([item, depth + 1])
  }
  return undefined
}

/** How many values there are in plain data, itself included. */
export function valuesIn(root: unknown): number {
  const stack: unknown[] = [root]
  let values = 0
  while (stack.length > 0) {
    const value = stack.pop()
    values++
    const inner = Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : []
    for (const item of inner) stack.push(item)
  }
  return values
}
