import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Document, Pair, YAMLMap } from 'yaml'
import type { Path } from './node.ts'
import { plainOf } from './plain.ts'
import { readAliases, type Targets } from './yaml-aliases.ts'

/** What the text of a template may measure; what it may come to with aliases written out stands in `plain.ts`. */
const limits = { bytes: 2 ** 20, flowDepth: 100 } as const

export type SourceProblem = {
  readonly code: string
  readonly line: number
  readonly message: string
  readonly wayOut: string
}
export type Source = {
  readonly root: unknown
  /** The line of what the path names, or of the nearest thing around it that was written out. */
  readonly lineOf: (path: Path) => number
  /** A number as it was written: `0644` and what is too large for a number would be lost otherwise. */
  readonly writtenAt: (path: Path) => string | undefined
  readonly notes: readonly SourceProblem[]
}

/** Reads YAML 1.2 with anchors and merge keys. Total: whatever the text is, it ends in a source or in a problem. */
export function readSource(text: string): { ok: true; source: Source } | { ok: false; problem: SourceProblem } {
  const problem = sizeProblem(text) ?? characterProblem(text)
  if (problem) return { ok: false, problem }
  const lines = new LineCounter()
  try {
    const document = parseDocument(text, { lineCounter: lines, merge: true, ...reading })
    const error = document.errors[0]
    if (error) return { ok: false, problem: invalidYaml(wordsOf(error), lines.linePos(error.pos[0]).line) }
    const { slip, targets } = readAliases(document)
    if (slip) return { ok: false, problem: invalidYaml(slip.message, lines.linePos(slip.offset).line) }
    const plain = plainOf(document, targets)
    if (!plain.ok) return { ok: false, problem: tooLarge(plain.excess) }
    const notes = document.warnings.map(({ message, pos }) => ({
      code: 'YAML_WARNING',
      line: lines.linePos(pos[0]).line,
      message: firstLine(message),
      wayOut: 'Write it without the tag or construct that YAML 1.2 does not know.',
    }))
    return { ok: true, source: { root: plain.root, notes, ...places(document, targets, lines) } }
  } catch (error) {
    // The library throws when nesting exhausts the stack.
    return { ok: false, problem: invalidYaml(error instanceof Error ? error.message : String(error), 1) }
  }
}

/**
 * Plain data whatever the document asks for: no dates, sets or bytes, by a tag or by `%YAML 1.1`. Keys are compared by
 * `readAliases`: the library compares each with each, which many keys turn into minutes.
 */
const reading = {
  version: '1.2',
  schema: 'core',
  resolveKnownTags: false,
  prettyErrors: false,
  uniqueKeys: false,
} as const

/** In the library's words, but where they are for whoever calls it. */
const wordsOf = ({ code, message }: { code: string; message: string }): string =>
  code === 'MULTIPLE_DOCS' ? 'a template is one document, and after `---` another one begins' : message

const firstLine = (message: string): string => message.split('\n', 1)[0] ?? ''

const invalidYaml = (message: string, line: number): SourceProblem => ({
  code: 'YAML_INVALID',
  line,
  message: `This is not valid YAML: ${firstLine(message)}`,
  wayOut: 'Correct it; an editor with YAML support marks the place.',
})

const tooLarge = (message: string): SourceProblem => ({
  code: 'TEMPLATE_TOO_LARGE',
  line: 1,
  message,
  wayOut: 'Split it into several services, or move large files into an image.',
})

function sizeProblem(text: string): SourceProblem | undefined {
  if (text.length > limits.bytes || Buffer.byteLength(text) > limits.bytes) {
    return tooLarge(`The template is larger than ${limits.bytes} bytes.`)
  }
  return nestingOf(text) > limits.flowDepth ? tooLarge('The template is nested too deeply.') : undefined
}

/** YAML allows no control characters as they are. Where there are any, it is mostly no UTF-8 at all. */
function characterProblem(text: string): SourceProblem | undefined {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  const offset = text.search(/[\0-\x08\x0b\x0c\x0e-\x1f]/)
  if (offset < 0) return undefined
  const character = text.charCodeAt(offset).toString(16).toUpperCase().padStart(4, '0')
  return {
    ...invalidYaml(`it holds the character U+${character}`, text.slice(0, offset).split('\n').length),
    wayOut: 'Take it out, or save the file as UTF-8 if it is in another encoding.',
  }
}

/** How many brackets are open at once at most: the parser recurses for each. Those in quotes close again. */
function nestingOf(text: string): number {
  if (/^[ \t]*([-?:][ \t]+){100}/m.test(text)) return limits.flowDepth + 1
  let depth = 0
  let deepest = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth)
    else if ((code === 0x5d || code === 0x7d) && depth > 0) depth--
  }
  return deepest
}

function places(document: Document.Parsed, targets: Targets, lines: LineCounter): Pick<Source, 'lineOf' | 'writtenAt'> {
  const stepInto = wayfinder()
  const find = (path: Path): { offset: number; node: unknown; exact: boolean } => {
    let node: unknown = document.contents
    let offset = 0
    for (const [index, step] of path.entries()) {
      if (isAlias(node)) node = targets.get(node)
      const next = stepInto(node, step)
      if (!next) return { offset, node, exact: index === path.length }
      offset = next.offset ?? offset
      node = next.node
    }
    return { offset, node, exact: true }
  }
  return {
    lineOf: (path) => Math.max(1, lines.linePos(find(path).offset).line),
    writtenAt: (path) => {
      const { node, exact } = find(path)
      return exact && isScalar(node) ? node.source : undefined
    },
  }
}

type Step = { node: unknown; offset: number | undefined }

/** Remembers where keys lead: each value of a large map may be asked for. */
function wayfinder(): (node: unknown, step: string | number) => Step | undefined {
  const pairs = new WeakMap<YAMLMap, Map<string, Pair>>()
  const pairsOf = (map: YAMLMap): Map<string, Pair> => {
    const known = pairs.get(map)
    if (known) return known
    const found = new Map(map.items.map((pair) => [String(isScalar(pair.key) ? pair.key.value : pair.key), pair]))
    pairs.set(map, found)
    return found
  }
  return (node, step) => {
    if (isMap(node)) {
      const pair = pairsOf(node).get(String(step))
      return pair && { node: pair.value, offset: isScalar(pair.key) ? pair.key.range?.[0] : undefined }
    }
    if (!isSeq(node) || typeof step !== 'number') return undefined
    const item: unknown = node.items[step]
    const offset = isScalar(item) || isMap(item) || isSeq(item) || isAlias(item) ? item.range?.[0] : undefined
    return item === undefined ? undefined : { node: item, offset }
  }
}
