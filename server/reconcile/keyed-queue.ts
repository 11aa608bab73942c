import { backoffDelay, type Backoff } from './backoff.ts'

/**
 * Work by key, in memory: a key is worked by one pass at a time, wakes that arrive meanwhile make one more pass, and a
 * failed pass comes again by itself, later and later. What is in the queue may be lost with the process: the rows say
 * what is still to be done.
 */
export type KeyedQueue = {
  /** A pass for the key as soon as there is room, or after a delay; an earlier wake wins over a later one. */
  wake(key: string, delayMilliseconds?: number): void
  /** Like `wake`, and waits for the end of a pass that began after this call. Rejects with that pass's failure. */
  run(key: string): Promise<void>
  /** Everything that waits because it failed comes now: what made it fail is over. */
  retryFailed(): void
  size(): { waiting: number; working: number; failing: number }
  /** Accepts nothing more and waits for the passes under way. */
  stop(): Promise<void>
}

/** A pass over a key. It may ask to come again later; a thrown error is a failure, and backs off. */
export type Pass = (key: string) => Promise<{ againAfterMilliseconds: number } | void>

type Options = {
  concurrency: number
  backoff: Backoff
  onFailure(key: string, error: unknown, failures: number): void
}

type Waiter = { resolve(): void; reject(error: unknown): void }
type Entry = {
  state: 'idle' | 'delayed' | 'ready' | 'working'
  failures: number
  wokenWhileWorking: boolean
  dueAt: number
  timer?: NodeJS.Timeout | undefined
  waiting: Waiter[]
  served: Waiter[]
}

export function createKeyedQueue(pass: Pass, { concurrency, backoff, onFailure }: Options): KeyedQueue {
  const entries = new Map<string, Entry>()
  const ready = new Set<string>()
  let working = 0
  let stopped = false
  let idle: (() => void) | undefined

  const entryOf = (key: string): Entry => {
    const known = entries.get(key)
    if (known) return known
    const entry: Entry = { state: 'idle', failures: 0, wokenWhileWorking: false, dueAt: 0, waiting: [], served: [] }
    entries.set(key, entry)
    return entry
  }

  const makeReady = (key: string, entry: Entry) => {
    clearTimeout(entry.timer)
    entry.timer = undefined
    entry.state = 'ready'
    ready.add(key)
    pump()
  }

  const wake = (key: string, delay = 0) => {
    if (stopped) return
    const entry = entryOf(key)
    if (entry.state === 'ready') return
    if (entry.state === 'working') {
      // A delayed wake during a pass is kept as an immediate one: passes are idempotent, and a missed one is not.
      entry.wokenWhileWorking = true
      return
    }
    if (delay <= 0) return makeReady(key, entry)
    const dueAt = Date.now() + delay
    if (entry.state === 'delayed' && entry.dueAt <= dueAt) return
    clearTimeout(entry.timer)
    entry.state = 'delayed'
    entry.dueAt = dueAt
    entry.timer = setTimeout(() => makeReady(key, entry), delay)
    entry.timer.unref()
  }

  const finish = (key: string, entry: Entry, again: number | undefined) => {
    working--
    entry.state = 'idle'
    if (!stopped && (entry.wokenWhileWorking || entry.waiting.length > 0)) {
      entry.wokenWhileWorking = false
      makeReady(key, entry)
    } else if (!stopped && again !== undefined) {
      wake(key, again)
    } else {
      entries.delete(key)
    }
    if (stopped && working === 0) idle?.()
    pump()
  }

  const work = async (key: string, entry: Entry) => {
    entry.state = 'working'
    entry.wokenWhileWorking = false
    entry.served = entry.waiting
    entry.waiting = []
    try {
      const result = await pass(key)
      entry.failures = 0
      for (const waiter of entry.served) waiter.resolve()
      finish(key, entry, result?.againAfterMilliseconds)
    } catch (error) {
      entry.failures++
      onFailure(key, error, entry.failures)
      for (const waiter of entry.served) waiter.reject(error)
      // Woken meanwhile or not: what just failed waits, or a stream of events would defeat the backoff.
      entry.wokenWhileWorking = false
      finish(key, entry, backoffDelay(backoff, entry.failures))
    }
  }

  const pump = () => {
    for (const key of ready) {
      if (working >= concurrency || stopped) return
      ready.delete(key)
      const entry = entryOf(key)
      working++
      void work(key, entry)
    }
  }

  return {
    wake,
    run(key) {
      if (stopped) return Promise.reject(new Error('the queue has stopped'))
      const promise = new Promise<void>((resolve, reject) => entryOf(key).waiting.push({ resolve, reject }))
      wake(key)
      return promise
    },
    retryFailed() {
      for (const [key, entry] of entries) if (entry.state === 'delayed' && entry.failures > 0) makeReady(key, entry)
    },
    size() {
      let failing = 0
      for (const entry of entries.values()) if (entry.failures > 0) failing++
      return { waiting: entries.size - working, working, failing }
    },
    stop() {
      stopped = true
      const error = new Error('the queue has stopped')
      for (const entry of entries.values()) {
        clearTimeout(entry.timer)
        for (const waiter of entry.waiting) waiter.reject(error)
      }
      ready.clear()
      return working === 0 ? Promise.resolve() : new Promise((resolve) => (idle = resolve))
    },
  }
}
