import { RE2JS } from 're2js'

/** `size` is what it costs: instructions, each of which may be tried at each character. */
export type Pattern = { readonly size: number; readonly matches: (text: string) => boolean }

/**
 * A regular expression in RE2's syntax, which takes time in proportion to the text and to its own size: one that
 * somebody wrote into a template is tried on whatever a customer types. Undefined where it is none; look-ahead and
 * back-references are what RE2 leaves out.
 */
export function compilePattern(source: string): Pattern | undefined {
  if (last?.source !== source) last = { source, pattern: compiled(source) }
  return last.pattern
}

/** Kept, because the choices of a parameter are checked one after the other. */
let last: { readonly source: string; readonly pattern: Pattern | undefined } | undefined

function compiled(source: string): Pattern | undefined {
  try {
    const pattern = RE2JS.compile(source)
    return { size: pattern.programSize(), matches: (text) => pattern.matcher(text).find() }
  } catch {
    return undefined
  }
}
