import { child, isRecord, type Node } from './node.ts'
import type { Reader } from './reader.ts'

/** The forms that the Compose specification allows for a value that has no effect here, and is still not just anything. */
export type Shape = 'flag' | 'scalar' | 'list' | 'map' | 'list-or-map' | 'one-or-more' | 'scalar-or-map'

const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean', 'bigint'].includes(typeof value)

/** Refuses a value of another form. True where it is as it should be. */
export function checkShape(node: Node, shape: Shape, reader: Reader): boolean {
  const { value } = node
  const isList = Array.isArray(value)
  const isGood =
    (shape === 'flag' && reader.flag(node) !== undefined) ||
    (shape === 'scalar' && isScalar(value)) ||
    (shape === 'list' && isList) ||
    (shape === 'map' && isRecord(value)) ||
    (shape === 'list-or-map' && (isList || isRecord(value))) ||
    (shape === 'one-or-more' && (isList || isScalar(value))) ||
    (shape === 'scalar-or-map' && (isScalar(value) || isRecord(value)))
  // A flag that is none was refused when it was read.
  if (!isGood && shape !== 'flag') reader.report.refuse('TYPE_INVALID', node.path, `This must be ${names[shape]}.`)
  return isGood
}

const names: Readonly<Record<Shape, string>> = {
  flag: 'true or false',
  scalar: 'a text or a number',
  list: 'a list',
  map: 'a map',
  'list-or-map': 'a list or a map',
  'one-or-more': 'a text or a list',
  'scalar-or-map': 'a text, a number or a map',
}

/** Refuses the keys of a map that Compose does not know in it. `what` begins the sentence: "A port". */
export function checkKeys(node: Node, known: ReadonlySet<string>, what: string, reader: Reader): void {
  for (const [key, inner] of reader.map(node)) {
    if (!known.has(key) && !key.startsWith('x-'))
      reader.report.refuse('KEY_UNKNOWN', inner.path, `${what} has no "${key.slice(0, 60)}".`)
  }
}

/** One of a few words; undefined where it is absent, or none of them and so refused. */
export function wordOf<Word extends string>(
  node: Node,
  key: string,
  words: readonly Word[],
  reader: Reader,
): Word | undefined {
  const inner = child(node, key)
  const text = inner && reader.fixed(inner)
  if (inner === undefined || text === undefined || text === '') return undefined
  const word = words.find((candidate) => candidate === text)
  if (word === undefined)
    reader.report.refuse('VALUE_INVALID', inner.path, `"${text.slice(0, 60)}" is none of ${words.join(', ')}.`)
  return word
}
