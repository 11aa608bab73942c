/**
 * The work queue of a controller: keys, not events. A key that waits is not queued twice; a key that fails comes again
 * later and later; a controller asks for a later look by `addAfter`. All on the clock, so that tests can drive it.
 */
import { type Clock, type Timer } from '../../types.ts'

export type Queue = {
  add(key: string): void
  /** Once more after this time. An earlier appointment of the key stays, a later one is replaced. */
  addAfter(key: string, milliseconds: number): void
  /** Forgets a key: its object is gone. */
  forget(key: string): void
  stop: () => void
}

/** How many keys are worked off before input and output get a turn. */
const BATCH = 32
const FIRST_RETRY_MILLISECONDS = 5
const LAST_RETRY_MILLISECONDS = 30_000

type Appointment = { at: number; timer: Timer }

/**
 * A queue that reconciles its keys one after the other. `failed` hears of each error; the key is retried after 5 ms,
 * doubling up to 30 s, as client-go's rate limiter does.
 */
export function createQueue(
  clock: Clock,
  reconcile: (key: string) => void,
  failed: (key: string, error: unknown) => void,
): Queue {
  const waiting = new Set<string>()
  const appointments = new Map<string, Appointment>()
  const failures = new Map<string, number>()
  let scheduled = false
  let stopped = false

  function schedule(): void {
    if (scheduled || stopped || waiting.size === 0) return
    scheduled = true
    clock.soon(run)
  }

  function run(): void {
    scheduled = false
    let count = 0
    for (const key of waiting) {
      if (stopped || count++ >= BATCH) break
      waiting.delete(key)
      work(key)
    }
    schedule()
  }

  function work(key: string): void {
    try {
      reconcile(key)
      if (failures.size > 0) failures.delete(key)
    } catch (error) {
      const count = failures.get(key) ?? 0
      failures.set(key, count + 1)
      failed(key, error)
      addAfter(key, Math.min(FIRST_RETRY_MILLISECONDS * 2 ** count, LAST_RETRY_MILLISECONDS))
    }
  }

  function add(key: string): void {
    if (stopped) return
    waiting.add(key)
    schedule()
  }

  function addAfter(key: string, milliseconds: number): void {
    if (stopped) return
    if (milliseconds <= 0) return add(key)
    const at = clock.now().getTime() + milliseconds
    const earlier = appointments.get(key)
    if (earlier && earlier.at <= at) return
    earlier?.timer.cancel()
    const timer = clock.after(milliseconds, () => {
      appointments.delete(key)
      add(key)
    })
    appointments.set(key, { at, timer })
  }

  function forget(key: string): void {
    waiting.delete(key)
    failures.delete(key)
    appointments.get(key)?.timer.cancel()
    appointments.delete(key)
  }

  return {
    add,
    addAfter,
    forget,
    stop() {
      stopped = true
      for (const { timer } of appointments.values()) timer.cancel()
      appointments.clear()
      waiting.clear()
    },
  }
}
