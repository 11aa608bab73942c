import { isAlias, isMap, isScalar, isSeq, visit } from 'yaml'
import type { Alias, Document, Node as YamlNode } from 'yaml'
import { isStorable } from '../../lib/text.ts'

/** What each alias stands for: the library would go through the whole document again for every one. */
export type Targets = ReadonlyMap<Alias, YamlNode>
export type Slip = { readonly offset: number; readonly message: string }

/**
 * Finds what aliases stand for, and the first slip: a key that is there twice or is no text, a `<<` that takes from what
 * is no map, an alias of nothing, a text that nothing can store. The library would not say where.
 */
export function readAliases(document: Document.Parsed): { slip: Slip | undefined; targets: Targets } {
  const targets = new Map<Alias, YamlNode>()
  const anchors = new Map<string, YamlNode>()
  let slip: Slip | undefined
  const stopAt = (offset: number, message: string): symbol => {
    slip = { offset, message }
    return visit.BREAK
  }
  const target = (node: unknown): unknown => (isAlias(node) ? (targets.get(node) ?? anchors.get(node.source)) : node)
  const keepAnchor = (node: YamlNode & { anchor?: string | undefined }): void => {
    if (node.anchor !== undefined) anchors.set(node.anchor, node)
  }
  visit(document, {
    Scalar: (_, scalar) => {
      keepAnchor(scalar)
      // By an escape a text may hold what no database, and no program's arguments, can.
      if (typeof scalar.value !== 'string' || isStorable(scalar.value)) return undefined
      return stopAt(scalar.range?.[0] ?? 0, 'a text holds `\\0` or half of a surrogate pair: take it out')
    },
    Seq: (_, seq) => {
      keepAnchor(seq)
    },
    Alias: (_, alias) => {
      const found = anchors.get(alias.source)
      if (!found) return stopAt(offsetOf(alias), `nothing before it is called &${alias.source.slice(0, 60)}`)
      targets.set(alias, found)
      return undefined
    },
    Map: (_, map) => {
      keepAnchor(map)
      const seen = new Set<string>()
      for (const { key, value } of map.items) {
        if (key === null) continue
        if (!isScalar(key)) {
          if (isScalar(target(key))) continue
          return stopAt(offsetOf(key), 'a key must be a text, not a list or a map')
        }
        const message = isMergeKey(key) ? mergeProblem(target(value), target) : repeatProblem(String(key.value), seen)
        if (message !== undefined) return stopAt(key.range?.[0] ?? 0, message)
      }
      return undefined
    },
  })
  return { slip, targets }
}

export const isMergeKey = (key: unknown): boolean => isScalar(key) && key.source === '<<' && key.type === 'PLAIN'

const offsetOf = (node: unknown): number =>
  (isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined) ?? 0

function repeatProblem(key: string, seen: Set<string>): string | undefined {
  if (seen.has(key)) return `the key "${key.slice(0, 60)}" is there twice`
  seen.add(key)
  return undefined
}

function mergeProblem(from: unknown, target: (node: unknown) => unknown): string | undefined {
  const isGood = isMap(from) || (isSeq(from) && from.items.every((item) => isMap(target(item))))
  return isGood ? undefined : 'what `<<` takes from must be a map or a list of maps'
}
