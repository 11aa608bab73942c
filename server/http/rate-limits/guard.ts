import type { Request, Response } from 'express'
import { rateLimited } from '../../lib/errors.ts'
import type { Caller, Route } from '../route.ts'
import { delayOf, policies, type PolicyName, type RouteLimit } from './policies.ts'
import type { RateLimits, Use } from './rate-limits.ts'

/** The limits of one route, at the places of a request where what they count by is known. */
export type RateGuard = {
  /** Before anybody is asked who they are. */
  arrived(request: Request, response: Response, options: { anonymous: boolean }): Promise<void>
  /** The credentials were bad: guessing them counts as an address's requests do. */
  unknown(request: Request, response: Response): Promise<void>
  known(caller: Caller, response: Response): Promise<void>
  /** With the body checked. */
  asked(body: unknown): Promise<void>
}

/**
 * Throws `rateLimited` above a quota. What is for machines (health, metrics, documents; all that is not below the API's
 * base) has no limits, so that a flood takes no server out of a load balancer.
 */
export function createGuard(route: Pick<Route, 'limits' | 'root' | 'body'>, limits: RateLimits | undefined): RateGuard {
  const own = route.limits ?? []
  assertCountable(route, own)
  if (!limits) return open
  const [perAddress, perCaller, perAccount] = (['address', 'caller', 'account'] as const).map((per) =>
    own.filter((name) => policies[name].per === per),
  ) as [RouteLimit[], RouteLimit[], RouteLimit[]]
  const generally = (name: 'address' | 'caller'): PolicyName[] => (route.root ? [] : [name])

  const hold = async (names: readonly PolicyName[], subject: string, response: Response) => {
    for (const name of names) {
      const use = await limits.count(name, subject)
      tell(response, use)
      if (use.excess <= 0) continue
      limits.refused(name)
      throw tooMany(use)
    }
  }
  return {
    arrived: (request, response, { anonymous }) =>
      hold([...(anonymous ? generally('address') : []), ...perAddress], request.ip ?? '', response),
    unknown: (request, response) => hold(generally('address'), request.ip ?? '', response),
    known: ({ userId }, response) => hold([...generally('caller'), ...perCaller], userId, response),
    async asked(body) {
      for (const name of perAccount) {
        const { excess } = await limits.count(name, emailIn(body))
        const milliseconds = delayOf(excess)
        if (milliseconds > 0) await new Promise((resolve) => setTimeout(resolve, milliseconds))
      }
    },
  }
}

const nothing = () => Promise.resolve()
const open: RateGuard = { arrived: nothing, unknown: nothing, known: nothing, asked: nothing }

/** An account is the e-mail address in the body. */
function assertCountable({ body }: Pick<Route, 'body'>, names: readonly RouteLimit[]): void {
  if (names.some((name) => policies[name].per === 'account') && !(body && 'email' in body.shape))
    throw new Error(`the limits ${names.join(', ')} count by account, and the body has no email`)
}

const emailIn = (body: unknown): string =>
  typeof body === 'object' && body !== null && 'email' in body && typeof body.email === 'string' ? body.email : ''

/** draft-ietf-httpapi-ratelimit-headers-10: one item per policy that was counted. */
function tell(response: Response, { name, policy, remaining, resetSeconds }: Use): void {
  append(response, 'RateLimit-Policy', `"${name}";q=${policy.quota};w=${policy.windowSeconds}`)
  append(response, 'RateLimit', `"${name}";r=${remaining};t=${resetSeconds}`)
}

function append(response: Response, name: string, item: string): void {
  const before = response.getHeader(name)
  response.setHeader(name, typeof before === 'string' ? `${before}, ${item}` : item)
}

const tooMany = ({ name, policy, resetSeconds }: Use) =>
  rateLimited(
    'RATE_LIMITED',
    `Too many requests: ${policy.quota} within ${policy.windowSeconds} seconds are allowed here. Try again in ${resetSeconds} s.`,
    {
      extensions: {
        policy: name,
        quota: policy.quota,
        windowSeconds: policy.windowSeconds,
        retryAfterSeconds: resetSeconds,
      },
    },
  )
