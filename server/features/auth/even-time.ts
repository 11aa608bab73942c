import { performance } from 'node:perf_hooks'

/**
 * Runs work so that its duration does not tell what it found: it ends at a whole multiple of `milliseconds`, which is
 * longer than the work takes either way. The work itself must cost about the same; this hides the rest.
 */
export async function evenly<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  const began = performance.now()
  try {
    return await work()
  } finally {
    const rest = milliseconds - ((performance.now() - began) % milliseconds)
    await new Promise((resolve) => setTimeout(resolve, rest))
  }
}
