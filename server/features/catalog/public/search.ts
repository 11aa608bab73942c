/**
 * What somebody typed into the search field, for PostgreSQL: as a web search (quotes, `or`, `-not`), with the last word
 * as the beginning of one, because people look at the results while they type.
 */
export type SearchTerms = {
  /** For `websearch_to_tsquery`; empty where there is only the beginning of a word. */
  words: string
  /** The last word, as far as it is typed: letters and digits only, so that it cannot be an operator. */
  beginning: string | undefined
  /** How the two belong together. */
  joinedBy: 'and' | 'or'
}

export function readSearch(text: string): SearchTerms {
  const match = /^(?<head>.*?)(?<last>[\p{L}\p{N}]+)$/su.exec(text.trimEnd())
  const { head = '', last } = match?.groups ?? {}
  const quotes = head.split('"').length - 1
  // A word that is excluded or stands in quotes is meant as it is; one that is cut by punctuation is a part of another.
  if (last === undefined || quotes % 2 === 1 || !/(^|[\s"])$/.test(head))
    return { words: text, beginning: undefined, joinedBy: 'and' }
  const or = /(^|\s)or\s+$/i.exec(head)
  if (or && or.index > 0) return { words: head.slice(0, or.index), beginning: last, joinedBy: 'or' }
  return { words: head.trim(), beginning: last, joinedBy: 'and' }
}
