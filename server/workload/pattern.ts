import { RE2JS } from 're2js'

/**
 * A regular expression in RE2's syntax, which takes time in proportion to the text and to nothing else: one that
 * somebody wrote into a template is tried on whatever a customer types. Undefined where it is none; look-ahead and
 * back-references are what RE2 leaves out.
 */
export function compilePattern(pattern: string): ((text: string) => boolean) | undefined {
  try {
    const compiled = RE2JS.compile(pattern)
    return (text) => compiled.matcher(text).find()
  } catch {
    return undefined
  }
}
