import { createHash } from 'node:crypto'
import type { FailureCounters } from '../../http/rate-limits/failure-counters.ts'
import type { Clock } from '../../lib/clock.ts'

/**
 * Guessing at one account becomes slower with each failure, and never impossible: nobody can lock somebody else out.
 */
export type GuessDelay = {
  /** Settles after as long as the next attempt at this account has to wait. */
  wait(account: string): Promise<void>
  failed(account: string): Promise<void>
  succeeded(account: string): Promise<void>
}

const freeFailures = 3
const firstMilliseconds = 250
const longestMilliseconds = 4_000
const forgottenSeconds = 15 * 60

type Dependencies = { counters: FailureCounters; clock: Clock; purpose: 'password' | 'second-factor' }

export function createGuessDelay({ counters, clock, purpose }: Dependencies): GuessDelay {
  // Whoever reads the counters' store learns no addresses.
  const keyOf = (account: string) => `${purpose}:${createHash('sha256').update(account).digest('base64url')}`
  return {
    async wait(account) {
      const milliseconds = delayAfter(await counters.count(keyOf(account), clock.systemNow()))
      if (milliseconds > 0) await new Promise((resolve) => setTimeout(resolve, milliseconds))
    },
    failed: (account) => counters.add(keyOf(account), { now: clock.systemNow(), forgottenSeconds }),
    succeeded: (account) => counters.clear(keyOf(account)),
  }
}

const delayAfter = (failures: number): number =>
  failures < freeFailures ? 0 : Math.min(firstMilliseconds * 2 ** (failures - freeFailures), longestMilliseconds)
