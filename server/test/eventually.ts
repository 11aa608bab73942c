import { setTimeout as pause } from 'node:timers/promises'

/**
 * Repeats the check until it neither throws nor gives false or undefined, and returns what it gave. Past the deadline
 * (10 seconds where not given) it throws what the last attempt threw.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { deadlineMs = 10_000 }: { deadlineMs?: number } = {},
): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + deadlineMs
  for (;;) {
    let failure: unknown = new Error(`it was not so within ${deadlineMs} ms`)
    try {
      const found = await check()
      if (found !== undefined && found !== false) return found as Exclude<T, undefined | false>
    } catch (error) {
      failure = error
    }
    if (Date.now() >= deadline) throw failure
    await pause(10)
  }
}
