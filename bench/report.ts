/** What every benchmark ends with, and how its samples are summed up. */

export const median = (samples: readonly number[]): number => {
  const sorted = [...samples].sort((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2
}

export const milliseconds = (samples: readonly number[]): string => samples.map((sample) => sample.toFixed(0)).join(' ')

/** `NAME ratio=… goal=…`: the last line, for people and programs. */
export const verdict = (name: string, ratio: number, goal: string): void => {
  console.log(`${name} ratio=${ratio.toFixed(2)} goal=${goal}`)
}
