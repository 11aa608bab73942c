import { type Clock, type DrivenClock, type Timer } from './types.ts'

/** Wall-clock time. Timers do not keep the process alive. */
export function createRealClock(): Clock {
  return {
    now: () => new Date(),
    after(milliseconds, run) {
      const timer = setTimeout(run, Math.min(milliseconds, 2 ** 31 - 1))
      timer.unref()
      return { cancel: () => clearTimeout(timer) }
    },
    soon: (run) => void setImmediate(run),
  }
}

type Due = { at: number; order: number; run: () => void }

/**
 * A clock that stands still until `advance` moves it. Timers run in the order in which they fall due; before time moves
 * on, whatever they queued with `soon` has run, and input and output had a turn.
 */
export function createDrivenClock(start = new Date('2030-01-01T00:00:00Z')): DrivenClock {
  let now = start.getTime()
  let order = 0
  let queued = 0
  const timers = new Set<Due>()

  function next(limit: number): Due | undefined {
    let first: Due | undefined
    for (const timer of timers) {
      if (timer.at > limit) continue
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer
    }
    return first
  }

  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

  async function settle(): Promise<void> {
    do await turn()
    while (queued > 0)
  }

  return {
    now: () => new Date(now),
    after(milliseconds, run): Timer {
      const timer = { at: now + Math.max(0, milliseconds), order: order++, run }
      timers.add(timer)
      return { cancel: () => void timers.delete(timer) }
    },
    soon(run) {
      queued++
      setImmediate(() => {
        queued--
        run()
      })
    },
    async advance(milliseconds) {
      const end = now + milliseconds
      await settle()
      for (let timer = next(end); timer; timer = next(end)) {
        timers.delete(timer)
        now = Math.max(now, timer.at)
        timer.run()
        await settle()
      }
      now = end
    },
  }
}
