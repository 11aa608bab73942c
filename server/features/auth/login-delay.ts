import { createHash } from 'node:crypto'

/**
 * Guessing at one address becomes slower with each failure, and never impossible: nobody can lock somebody else out.
 * Counted per process.
 */
export type LoginDelay = {
  /** Milliseconds that the next attempt at this address waits. */
  before(email: string, now: Date): number
  failed(email: string, now: Date): void
  succeeded(email: string): void
}

const freeFailures = 3
const firstMilliseconds = 250
const longestMilliseconds = 4_000
const forgottenMilliseconds = 15 * 60 * 1000
const rememberedAddresses = 10_000

export function createLoginDelay(): LoginDelay {
  const failures = new Map<string, { count: number; at: number }>()
  const keyOf = (email: string) => createHash('sha256').update(email).digest('base64url')
  const recent = (key: string, now: Date) => {
    const entry = failures.get(key)
    return entry && now.getTime() - entry.at < forgottenMilliseconds ? entry : undefined
  }
  return {
    before(email, now) {
      const excess = (recent(keyOf(email), now)?.count ?? 0) - freeFailures
      return excess < 0 ? 0 : Math.min(firstMilliseconds * 2 ** excess, longestMilliseconds)
    },
    failed(email, now) {
      const key = keyOf(email)
      const count = (recent(key, now)?.count ?? 0) + 1
      failures.delete(key)
      const [oldest] = failures.size >= rememberedAddresses ? failures.keys() : []
      if (oldest !== undefined) failures.delete(oldest)
      failures.set(key, { count, at: now.getTime() })
    },
    succeeded: (email) => void failures.delete(keyOf(email)),
  }
}
