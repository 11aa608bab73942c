/**
 * Counts failures by key. A count is forgotten when none was added for as long as the last one said. Whoever keeps them
 * (this process, or a store that all processes share) must answer also when it is in trouble: a count of 0 then.
 */
export type FailureCounters = {
  count(key: string, now: Date): Promise<number>
  add(key: string, options: { now: Date; forgottenSeconds: number }): Promise<void>
  clear(key: string): Promise<void>
}

const rememberedKeys = 10_000

/** Those of one process; the oldest are forgotten where somebody invents more keys than it remembers. */
export function createFailureCounters(): FailureCounters {
  const counters = new Map<string, { count: number; until: number }>()
  const countOf = (key: string, now: Date) => {
    const entry = counters.get(key)
    return entry && now.getTime() < entry.until ? entry.count : 0
  }
  return {
    count: (key, now) => Promise.resolve(countOf(key, now)),
    async add(key, { now, forgottenSeconds }) {
      const count = countOf(key, now) + 1
      counters.delete(key)
      const [oldest] = counters.size >= rememberedKeys ? counters.keys() : []
      if (oldest !== undefined) counters.delete(oldest)
      counters.set(key, { count, until: now.getTime() + forgottenSeconds * 1000 })
    },
    async clear(key) {
      counters.delete(key)
    },
  }
}
