import type { FailureCounters } from '../../http/rate-limits/failure-counters.ts'
import type { Clock } from '../../lib/clock.ts'
import { networkOf } from '../../lib/ip-address.ts'

/**
 * Guessing at one account becomes slower with each failure, and never impossible: nobody can lock somebody else out.
 * Where its owner proved themselves before, only what fails there counts: an attack from elsewhere does not slow them.
 */
export type GuessDelay = {
  /** Milliseconds that the next attempt at this account, from this address, has to wait. */
  milliseconds(account: string, ipAddress: string): Promise<number>
  /** Settles after as long. */
  wait(account: string, ipAddress: string): Promise<void>
  failed(account: string, ipAddress: string): Promise<void>
  succeeded(account: string, ipAddress: string): Promise<void>
}

const freeFailures = 3
const firstMilliseconds = 250
const longestMilliseconds = 4_000
const forgottenSeconds = 15 * 60
const knownPlaceSeconds = 30 * 24 * 60 * 60

type Dependencies = { counters: FailureCounters; clock: Clock; purpose: 'password' | 'second-factor' }

export function createGuessDelay({ counters, clock, purpose }: Dependencies): GuessDelay {
  const keysOf = (account: string, ipAddress: string) => {
    const place = networkOf(ipAddress, { v4: 32, v6: 64 }) ?? ipAddress
    return {
      anywhere: `${purpose} of ${account}`,
      here: `${purpose} of ${account} at ${place}`,
      known: `known ${purpose} of ${account} at ${place}`,
    }
  }
  const isKnown = async (known: string) => (await counters.count(known, clock.systemNow())) > 0

  const milliseconds = async (account: string, ipAddress: string) => {
    const { anywhere, here, known } = keysOf(account, ipAddress)
    const counted = (await isKnown(known)) ? here : anywhere
    return delayAfter(await counters.count(counted, clock.systemNow()))
  }
  return {
    milliseconds,
    async wait(account, ipAddress) {
      const delay = await milliseconds(account, ipAddress)
      if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay))
    },
    async failed(account, ipAddress) {
      const { anywhere, here, known } = keysOf(account, ipAddress)
      const counted = (await isKnown(known)) ? here : anywhere
      await counters.add(counted, { now: clock.systemNow(), forgottenSeconds })
    },
    async succeeded(account, ipAddress) {
      const { anywhere, here, known } = keysOf(account, ipAddress)
      await counters.clear((await isKnown(known)) ? here : anywhere)
      await counters.add(known, { now: clock.systemNow(), forgottenSeconds: knownPlaceSeconds })
    },
  }
}

const delayAfter = (failures: number): number =>
  failures < freeFailures ? 0 : Math.min(firstMilliseconds * 2 ** (failures - freeFailures), longestMilliseconds)
