import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createTestClock } from '../../features/auth/testing.ts'
import { createLog } from '../../lib/log.ts'
import { createSecretBox } from '../../lib/secret-box.ts'
import { eventually } from '../../test/eventually.ts'
import { redisMissing, testRedis, type TestRedis } from '../../test/redis.ts'
import { unauthenticated } from '../../lib/errors.ts'
import { createMetrics } from '../metrics.ts'
import { reply, route, type Caller } from '../route.ts'
import { status } from '../status.ts'
import { serveRoutes, type TestServer } from '../testing.ts'
import type { FailureCounters } from './failure-counters.ts'
import { delayOf, policies } from './policies.ts'
import { createRateLimits } from './rate-limits.ts'
import { openSharedCounters } from './redis.ts'

/** Limits over real requests: `/login` counts by address, `/mine` by who is signed in, `/mail` by account too. */

const nothing = { [status.noContent]: { description: 'Nothing' } }
const shared = { summary: 'A route', tags: ['Test'], responses: nothing }
const routes = [
  route({
    ...shared,
    method: 'post',
    path: '/login',
    permission: 'public',
    limits: ['login'],
    handler: async () => reply(status.noContent),
  }),
  route({
    ...shared,
    method: 'get',
    path: '/mine',
    permission: 'user',
    handler: async () => reply(status.noContent),
  }),
  route({
    ...shared,
    method: 'post',
    path: '/mail',
    permission: 'public',
    limits: ['mail-account'],
    body: z.object({ email: z.string() }),
    handler: async () => reply(status.noContent),
  }),
  route({
    ...shared,
    method: 'get',
    path: '/health',
    root: true,
    permission: 'public',
    handler: async () => reply(status.noContent),
  }),
]

const callerOf = (userId: string): Caller => ({
  userId,
  role: 'USER',
  credential: { kind: 'session', sessionId: 's' },
  organizationId: 'o',
  organizationIds: ['o'],
  requestId: 'r',
  ipAddress: '::1',
})
/** Bearer tokens are the names of who has them; `bad` is nobody's. */
const authentication = {
  authenticate: async (authorization: string | undefined) => {
    if (authorization === undefined) return undefined
    const name = authorization.slice('Bearer '.length)
    if (name === 'bad') throw unauthenticated('TOKEN_INVALID', 'bad')
    return callerOf(name)
  },
  stillPermitted: async () => true,
}
const idempotency = { run: () => Promise.reject(new Error('unused')), removeExpired: async () => 0 }

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (let close = closing.pop(); close; close = closing.pop()) await close()
})

type Served = TestServer & {
  clock: ReturnType<typeof createTestClock>
  said: string[]
  metrics(): Promise<string>
  failures: FailureCounters
}
const key = randomBytes(32)

/** One process: its own memory, the Redis of that address where one is given. `scale` makes quotas small enough for a test. */
async function serve({ scale = 0.05, redis }: { scale?: number; redis?: TestRedis } = {}): Promise<Served> {
  const clock = createTestClock()
  const metrics = createMetrics()
  const said: string[] = []
  const log = createLog('info', { write: (line) => void said.push((JSON.parse(line) as { msg: string }).msg) })
  const counters = redis && (await openSharedCounters(redis.url, log))
  const rateLimits = createRateLimits({
    factor: scale,
    clock,
    secretBox: createSecretBox([{ id: 'k', key }]),
    metrics,
    ...(counters && { shared: counters }),
  })
  const config = { publicUrl: 'http://berth.test', trustProxy: 1 }
  const server = await serveRoutes(routes, { authentication, idempotency, rateLimits, metrics, config })
  closing.push(() => server.stop())
  if (counters) {
    closing.push(() => counters.close())
    await eventually(() => counters.isShared())
  }
  return { ...server, clock, said, failures: rateLimits.failures, metrics: () => metrics.text() }
}

const login = (server: TestServer, address = '198.51.100.1') =>
  server.send('POST', '/api/v1/login', { headers: { 'X-Forwarded-For': address } })
const statuses = async (count: number, send: () => Promise<{ status: number }>) => {
  const answers = []
  for (let index = 0; index < count; index++) answers.push((await send()).status)
  return answers
}
/** The scale makes 6 of the 120 logins of the table. */
const loginQuota = 6

test('above the quota an address is refused, told until when, and let in again then', async () => {
  const server = await serve()
  expect(await statuses(loginQuota, () => login(server))).toEqual(Array(loginQuota).fill(204))
  const refused = await login(server)
  expect(refused.body).toMatchObject({ status: 429, code: 'RATE_LIMITED', policy: 'login', quota: loginQuota })
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(290)
  expect(await server.metrics()).toContain('berth_rate_limited_total{policy="login"} 1')
  server.clock.move(policies.login.windowSeconds * 1000)
  expect((await login(server)).status).toBe(204)
})

test('each answer tells every policy that it was counted under, and what is left', async () => {
  const server = await serve()
  const { headers } = await login(server)
  expect(headers.get('ratelimit-policy')).toBe('"address";q=60;w=60, "login";q=6;w=300')
  expect(headers.get('ratelimit')).toBe('"address";r=59;t=60, "login";r=5;t=300')
  const mine = await server.send('GET', '/api/v1/mine', { token: 'ada' })
  expect(mine.headers.get('ratelimit-policy')).toBe('"caller";q=150;w=60')
})

test('who has used up their quota takes nothing from anybody else', async () => {
  const server = await serve()
  await statuses(loginQuota, () => login(server))
  expect((await login(server)).status).toBe(429)
  expect((await login(server, '198.51.100.2')).status).toBe(204)
  const mine = (token: string) => server.send('GET', '/api/v1/mine', { token })
  await Promise.all(Array.from({ length: 150 }, () => mine('ada')))
  expect([(await mine('ada')).status, (await mine('bob')).status]).toEqual([429, 204])
})

test('an IPv6 customer with 2^64 addresses has one quota, and a neighbour another', async () => {
  const server = await serve()
  let last = 0
  expect(await statuses(loginQuota + 1, () => login(server, `2001:db8:0:1::${++last}`))).toContain(429)
  expect((await login(server, '2001:db8:0:2::1')).status).toBe(204)
})

test('guessing credentials counts against the address, using good ones does not', async () => {
  const server = await serve()
  const mine = (token: string) => server.send('GET', '/api/v1/mine', { token })
  await Promise.all(Array.from({ length: 60 }, () => mine('bad')))
  expect([(await mine('bad')).status, (await mine('ada')).status]).toEqual([429, 204])
})

test('a flood takes no server out of the load balancer', async () => {
  const server = await serve({ scale: 0.001 })
  expect(await statuses(5, () => server.send('GET', '/health'))).toEqual(Array(5).fill(204))
})

test('nobody can have somebody else refused: what counts by account only slows', async () => {
  const server = await serve({ scale: 1 })
  const ask = (email: string, address: string) =>
    server.send('POST', '/api/v1/mail', { body: { email }, headers: { 'X-Forwarded-For': address } })
  const strangers = await Promise.all(
    Array.from({ length: 8 }, (_, index) => ask('ada@example.org', `198.51.100.${index}`)),
  )
  const owner = await ask('ADA@example.org', '203.0.113.5')
  expect([...strangers, owner].map(({ status }) => status)).toEqual(Array(9).fill(204))
})

test('the delay of an account grows and has an end', () => {
  expect([-1, 0, 1, 2, 3, 4, 5, 6, 100].map(delayOf)).toEqual([0, 0, 250, 500, 1000, 2000, 4000, 4000, 4000])
})

test('a class of thirty behind one address registers and logs in within some minutes', () => {
  expect(policies.register.quota / policies.register.windowSeconds).toBeGreaterThanOrEqual(30 / 300)
  expect(policies.register.quota).toBeGreaterThanOrEqual(30)
  expect(policies.login.quota).toBeGreaterThanOrEqual(3 * 30)
})

test('a route that counts by account without one in its body does not start', async () => {
  const broken = route({
    ...shared,
    method: 'post',
    path: '/broken',
    permission: 'public',
    limits: ['mail-account'],
    handler: async () => reply(status.noContent),
  })
  await expect(serveRoutes([broken], { authentication, idempotency })).rejects.toThrow('no email')
})

const why = redisMissing === undefined ? '' : ` (${redisMissing})`
describe.skipIf(redisMissing !== undefined)(`with Redis${why}`, () => {
  const redisServer = async () => {
    const redis = await testRedis()
    closing.push(() => redis.kill())
    return redis
  }

  test('two processes share their counters', async () => {
    const redis = await redisServer()
    const [one, other] = [await serve({ redis }), await serve({ redis })]
    expect(await statuses(loginQuota / 2, () => login(one))).toEqual(Array(loginQuota / 2).fill(204))
    expect(await statuses(loginQuota / 2, () => login(other))).toEqual(Array(loginQuota / 2).fill(204))
    expect([(await login(one)).status, (await login(other)).status]).toEqual([429, 429])
  })

  test('requests go on while Redis is killed, with limits of each process, and are counted together once it is back', async () => {
    const redis = await redisServer()
    const [one, other] = [await serve({ redis }), await serve({ redis })]
    await login(one)
    await redis.kill()
    const answers = await statuses(loginQuota + 1, () => login(one))
    expect(answers).toEqual([...Array<number>(loginQuota).fill(204), 429])
    expect(await statuses(loginQuota, () => login(other))).toEqual(Array(loginQuota).fill(204))
    expect(await one.metrics()).toContain('berth_rate_limits_shared 0')
    expect(one.said.filter((line) => line.startsWith('Redis is away'))).toHaveLength(1)
    await redis.start()
    await eventually(async () => (await one.metrics()).includes('berth_rate_limits_shared 1'))
    await eventually(async () => (await other.metrics()).includes('berth_rate_limits_shared 1'))
    expect(one.said.at(-1)).toContain('Redis is back')
    await statuses(loginQuota / 2, () => login(one))
    await statuses(loginQuota / 2, () => login(other))
    expect((await login(one)).status).toBe(429)
  })

  test('a Redis that hangs holds up one request for a moment, and none for ever', async () => {
    const redis = await redisServer()
    const server = await serve({ redis })
    redis.freeze()
    expect(await statuses(loginQuota, () => login(server))).toEqual(Array(loginQuota).fill(204))
    expect(server.said.filter((line) => line.startsWith('Redis is away'))).toHaveLength(1)
    redis.thaw()
    await eventually(async () => {
      await login(server, '203.0.113.9')
      return server.said.some((line) => line.startsWith('Redis is back'))
    })
  })

  test('whoever reads Redis learns no addresses of people', async () => {
    const redis = await redisServer()
    const server = await serve({ redis })
    await login(server)
    await server.send('POST', '/api/v1/mail', { body: { email: 'ada@example.org' } })
    const { Redis } = await import('ioredis')
    const client = new Redis(redis.url)
    await server.failures.add('password of ada@example.org', { now: new Date(), forgottenSeconds: 60 })
    const keys = await client.keys('*')
    client.disconnect()
    expect(keys.length).toBeGreaterThanOrEqual(4)
    expect(keys.join(' ')).not.toMatch(/198\.51|ada|example/)
  })

  test('failures are counted together, forgotten after a while, and by each process while Redis is away', async () => {
    const redis = await redisServer()
    const open = async () => {
      const counters = await openSharedCounters(redis.url, createLog('silent'))
      closing.push(() => counters.close())
      await eventually(() => counters.isShared())
      const options = { factor: 1, clock: createTestClock(), secretBox: createSecretBox([{ id: 'k', key }]) }
      return createRateLimits({ ...options, metrics: createMetrics(), shared: counters }).failures
    }
    const [one, other] = [await open(), await open()]
    const now = new Date()
    await one.add('x', { now, forgottenSeconds: 60 })
    await other.add('x', { now, forgottenSeconds: 60 })
    expect([await one.count('x', now), await other.count('x', now)]).toEqual([2, 2])
    await other.clear('x')
    expect(await one.count('x', now)).toBe(0)
    await redis.kill()
    await one.add('x', { now, forgottenSeconds: 60 })
    expect([await one.count('x', now), await other.count('x', now)]).toEqual([1, 0])
    expect(await one.count('x', new Date(now.getTime() + 60_000))).toBe(0)
  })
})
