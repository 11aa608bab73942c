import type { Redis } from 'ioredis'
import type { RateLimiterRedis } from 'rate-limiter-flexible'
import { messageOf } from '../../lib/errors.ts'
import type { Logger } from '../../lib/log.ts'
import type { FailureCounters } from './failure-counters.ts'
import type { Policy } from './policies.ts'
import type { Windows } from './windows.ts'

/**
 * Counters in Redis, which all processes share. Redis is never needed: where it is away, slow or full, each process
 * counts for itself until it is back, and no request fails or waits longer than one answer may take.
 */
export type SharedCounters = {
  /** Those of Redis; of this process while Redis is away. */
  windows(own: Windows): Windows
  failures(own: FailureCounters): FailureCounters
  isShared(): boolean
  close(): void
}

/** One answer of Redis may take this long. */
const answerMilliseconds = 250
const connectMilliseconds = 2_000
/** After a failed command nobody asks for this long, so that a Redis that hangs costs one request a second its time. */
const restMilliseconds = 1_000
const longestReconnectMilliseconds = 2_000
const keyPrefix = 'berth:limit'

/** Connects in the background. Loads the client: who has no Redis pays no memory for it. */
export async function openSharedCounters(url: string, log: Logger): Promise<SharedCounters> {
  const [{ Redis: RedisClient }, { RateLimiterRedis: Limiter, RateLimiterRes }] = await Promise.all([
    import('ioredis'),
    import('rate-limiter-flexible'),
  ])
  const redis = new RedisClient(url, {
    lazyConnect: true,
    // What cannot be sent now is counted here: nothing waits in a queue for a Redis that is away.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: connectMilliseconds,
    commandTimeout: answerMilliseconds,
    retryStrategy: (attempt) => Math.min(100 * 2 ** attempt, longestReconnectMilliseconds),
  })
  const link = createLink(redis, log)
  redis.connect().catch(link.failed)

  const limiters = new Map<string, RateLimiterRedis>()
  const limiterOf = (name: string, { quota: points, windowSeconds: duration }: Policy) => {
    const made =
      limiters.get(name) ?? new Limiter({ storeClient: redis, keyPrefix: `${keyPrefix}:${name}`, points, duration })
    limiters.set(name, made)
    return made
  }
  const consume = async (limiter: RateLimiterRedis, key: string) => {
    try {
      return await limiter.consume(key)
    } catch (error) {
      // The library rejects with the same where the quota is used up.
      if (error instanceof RateLimiterRes) return error
      throw error
    }
  }

  return {
    windows: (own) => ({
      count: (name, policy, key) =>
        link.ask(
          async () => {
            const { consumedPoints, msBeforeNext } = await consume(limiterOf(name, policy), key)
            return { count: consumedPoints, resetMilliseconds: msBeforeNext }
          },
          () => own.count(name, policy, key),
        ),
    }),
    failures: (own) => failuresIn(redis, link, own),
    isShared: link.isUsable,
    close() {
      link.end()
      redis.disconnect()
    },
  }
}

type Link = ReturnType<typeof createLink>

/** Whether Redis is there, told once when that changes. */
function createLink(redis: Redis, log: Logger) {
  let restsUntil = 0
  let away = false
  let ended = false
  const failed = (error: unknown) => {
    restsUntil = Date.now() + restMilliseconds
    if (away || ended) return
    away = true
    log.warn({ error: messageOf(error) }, 'Redis is away: until it is back, each process counts rate limits for itself')
  }
  const answered = () => {
    if (!away) return
    away = false
    log.info('Redis is back: rate limits are shared again')
  }
  redis.on('error', failed)
  redis.on('close', () => failed(new Error('the connection was closed')))
  redis.on('ready', () => {
    restsUntil = 0
    answered()
  })
  const isUsable = () => redis.status === 'ready' && Date.now() >= restsUntil
  return {
    failed,
    isUsable,
    /** What is closed on purpose is not away. */
    end: () => void (ended = true),
    async ask<T>(shared: () => Promise<T>, own: () => Promise<T>): Promise<T> {
      if (!isUsable()) return own()
      try {
        const answer = await shared()
        answered()
        return answer
      } catch (error) {
        failed(error)
        return own()
      }
    },
  }
}

const failuresIn = (redis: Redis, link: Link, own: FailureCounters): FailureCounters => {
  const nameOf = (key: string) => `${keyPrefix}:failures:${key}`
  return {
    count: (key, now) =>
      link.ask(
        async () => Number((await redis.get(nameOf(key))) ?? 0),
        () => own.count(key, now),
      ),
    add: (key, options) =>
      link.ask(
        async () => {
          const name = nameOf(key)
          await redis.multi().incr(name).expire(name, options.forgottenSeconds).exec()
        },
        () => own.add(key, options),
      ),
    clear: (key) =>
      link.ask(
        async () => void (await redis.del(nameOf(key))),
        () => own.clear(key),
      ),
  }
}
