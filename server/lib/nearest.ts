/**
 * The candidate that the word was most likely meant to be: the one that needs the fewest changes of a letter
 * (Levenshtein) to become it. Undefined where none is close enough to be the same word mistyped.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(word.length / 3))
  const close = candidates
    .map((candidate) => ({ candidate, changes: distance(word, candidate) }))
    .filter(({ candidate, changes }) => changes <= limit && changes < Math.min(word.length, candidate.length))
    .sort((one, other) => one.changes - other.changes)
  return close[0]?.candidate
}

function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let line = 1; line <= from.length; line += 1) {
    const next = [line]
    for (let column = 1; column <= to.length; column += 1) {
      const change = from[line - 1] === to[column - 1] ? 0 : 1
      const reached = [row[column], next[column - 1], row[column - 1]].map((cell) => cell ?? Infinity)
      next.push(Math.min((reached[0] ?? 0) + 1, (reached[1] ?? 0) + 1, (reached[2] ?? 0) + change))
    }
    row = next
  }
  return row[to.length] ?? 0
}
