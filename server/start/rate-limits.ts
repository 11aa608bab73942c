import { createRateLimits, type RateLimits } from '../http/rate-limits/rate-limits.ts'
import type { SharedCounters } from '../http/rate-limits/redis.ts'
import type { Metrics } from '../http/metrics.ts'
import type { Clock } from '../lib/clock.ts'
import type { SecretBox } from '../lib/secret-box.ts'
import type { StartDeps } from './start.ts'

type Deps = Pick<StartDeps, 'config' | 'log' | 'closing'> & { clock: Clock; secretBox: SecretBox; metrics: Metrics }

/** Counted in Redis where there is one, else in this process. Waits for no Redis. */
export async function openRateLimits({ config, log, closing, ...parts }: Deps): Promise<RateLimits> {
  const shared = await openShared({ config, log, closing })
  return createRateLimits({ factor: config.rateLimits, ...parts, ...(shared && { shared }) })
}

/** Its client is loaded only where it is of use: memory that most processes never pay for. */
async function openShared({
  config: { redisUrl, roles },
  log,
  closing,
}: Pick<Deps, 'config' | 'log' | 'closing'>): Promise<SharedCounters | undefined> {
  if (redisUrl === undefined || !roles.includes('api')) return undefined
  const { openSharedCounters } = await import('../http/rate-limits/redis.ts')
  const shared = await openSharedCounters(redisUrl, log)
  closing.add('connection to Redis', () => shared.close())
  return shared
}
