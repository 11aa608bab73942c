/** The candidate that needs the fewest changes of a letter (Levenshtein) to become the word. */
export function nearest<Name extends string>(word: string, candidates: readonly Name[]): Name {
  const [first, ...others] = candidates
  if (first === undefined) throw new Error('nearest needs at least one candidate')
  let best = { name: first, distance: distance(word, first) }
  for (const name of others) {
    const found = distance(word, name)
    if (found < best.distance) best = { name, distance: found }
  }
  return best.name
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
