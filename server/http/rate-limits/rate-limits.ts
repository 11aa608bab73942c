import { createHmac } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import { networkOf } from '../../lib/ip-address.ts'
import type { SecretBox } from '../../lib/secret-box.ts'
import type { Metrics } from '../metrics.ts'
import { createFailureCounters, type FailureCounters } from './failure-counters.ts'
import { policies, scaled, type Policy, type PolicyName } from './policies.ts'
import type { SharedCounters } from './redis.ts'
import { createWindows, type Counted } from './windows.ts'

/** Who may ask how often. Counters are those of all processes where Redis is given, else of this one. */
export type RateLimits = {
  /** Counts one request; `subject` is a user's id, an address or an e-mail address, as the policy counts by. */
  count(name: PolicyName, subject: string): Promise<Use>
  refused(name: PolicyName): void
  /** For features that slow down who guesses. */
  readonly failures: FailureCounters
}

/** What is left of a quota. */
export type Use = { name: PolicyName; policy: Policy; excess: number; remaining: number; resetSeconds: number }

type Dependencies = {
  /** How many times the quotas of the table hold; 0 for no limits. */
  factor: number
  clock: Pick<Clock, 'systemNow'>
  secretBox: Pick<SecretBox, 'derive'>
  metrics: Metrics
  shared?: SharedCounters
}

/** Opens nothing. */
export function createRateLimits({ factor, clock, secretBox, metrics, shared }: Dependencies): RateLimits {
  const own = createWindows(clock)
  const windows = shared?.windows(own) ?? own
  const ownFailures = createFailureCounters()
  // What stays in this process's memory needs no hiding, and hashing costs more than counting.
  const secret = shared && secretBox.derive('rate-limit-keys', '')[0]
  const refusals = metrics.counter({
    name: 'berth_rate_limited_total',
    help: 'Requests that were refused with 429, by policy.',
    labels: ['policy'],
  })
  if (shared)
    metrics.gauge({
      name: 'berth_rate_limits_shared',
      help: 'Whether rate limits are counted in Redis (1), or in this process because Redis is away (0).',
      collect: (gauge) => gauge.set(shared.isShared() ? 1 : 0),
    })
  const table = new Map<PolicyName, Policy>(
    Object.entries(policies).map(([name, policy]) => [name as PolicyName, scaled(policy, factor)]),
  )

  return {
    async count(name, subject) {
      const policy = table.get(name) ?? policies[name]
      return useOf(name, policy, await windows.count(name, policy, keyOf(policy, subject, secret)))
    },
    refused: (policy) => refusals.inc({ policy }),
    failures: shared && secret ? withHiddenKeys(shared.failures(ownFailures), secret) : ownFailures,
  }
}

function useOf(name: PolicyName, policy: Policy, { count, resetMilliseconds }: Counted): Use {
  return {
    name,
    policy,
    excess: count - policy.quota,
    remaining: Math.max(0, policy.quota - count),
    resetSeconds: Math.max(1, Math.ceil(resetMilliseconds / 1000)),
  }
}

/**
 * Ids say nothing to a stranger. Addresses do: whoever reads the shared counters learns none of them. One IPv6 customer has
 * a /64 at least, so that single addresses of it would count nothing.
 */
function keyOf({ per }: Policy, subject: string, secret: Buffer | undefined): string {
  if (per === 'caller') return subject
  const plain = per === 'address' ? (networkOf(subject, { v4: 32, v6: 64 }) ?? subject) : subject.trim().toLowerCase()
  return secret === undefined ? plain : hidden(secret, `${per} ${plain}`)
}

const hidden = (secret: Buffer, text: string): string => createHmac('sha256', secret).update(text).digest('base64url')

const withHiddenKeys = (counters: FailureCounters, secret: Buffer): FailureCounters => ({
  count: (key, now) => counters.count(hidden(secret, key), now),
  add: (key, options) => counters.add(hidden(secret, key), options),
  clear: (key) => counters.clear(hidden(secret, key)),
})
