import express, { type Request, type RequestHandler, type Response } from 'express'
import type { z } from 'zod'
import { invalid, isFailure, unsupportedMediaType } from '../lib/errors.ts'
import { admit } from './admission.ts'
import type { Authentication } from './authentication.ts'
import { contextOf, exchangeOf } from './exchange.ts'
import type { Idempotency } from './idempotency.ts'
import { maximumBodyBytes } from './problems.ts'
import { encodeReply, sendReply, type WireReply } from './reply.ts'
import { fullPath, settled, type AnyInput, type Caller, type Reply, type Route } from './route.ts'
import { createGuard, type RateGuard } from './rate-limits/guard.ts'
import type { RateLimits } from './rate-limits/rate-limits.ts'
import { guardStream } from './sse.ts'
import { noObject, parsePart, strictly } from './validate.ts'
import { nextPageLink } from './page.ts'

/** One request through one route: who asks, may they, is it well formed, the handler, the answer. In that order. */

/** Somebody known asked for what their role or token does not allow. */
export type Refusal = { caller: Caller; route: string; code: string }

export type DispatchDependencies = {
  authentication: Authentication
  /** Told of each refusal; must neither wait nor throw. */
  onRefusal?: ((refusal: Refusal) => void) | undefined
  idempotency: Idempotency
  /** Absent: nobody is limited. */
  rateLimits: RateLimits | undefined
  shutdown: AbortSignal
  streamPermissionSeconds: number
}

const jsonMediaType = 'application/json'
const bodyMediaTypes = [jsonMediaType, 'application/merge-patch+json']
// What is JSON and no object is told so by the checks: it is well formed.
const readBody = express.json({ limit: maximumBodyBytes, type: bodyMediaTypes, strict: false })

/** The Express handlers of a route. Throws at once where the definition contradicts itself. */
export function handlersOf(route: Route, dependencies: DispatchDependencies): RequestHandler[] {
  const checks = checksOf(route)
  const pattern = fullPath(route)
  const guard = createGuard(route, dependencies.rateLimits)
  const permit: RequestHandler = async (request, response, next) => {
    const exchange = exchangeOf(request)
    exchange.pattern = pattern
    const caller = await callerOf(route, request, response, { guard, ...dependencies })
    if (caller) exchange.caller = caller
    if (route.identify) response.vary('Authorization')
    next()
  }
  const answer: RequestHandler = async (request, response) => {
    const checked = checks(request)
    await guard.asked(checked.body)
    const input = { ...checked, caller: exchangeOf(request).caller, context: contextOf(request) }
    if (route.stream) await runStream(route, input, request, response, dependencies)
    else await run(route, input, request, response, dependencies.idempotency)
  }
  // Who may not do it is told so before a byte of the body is read.
  return route.method === 'get' ? [permit, answer] : [permit, refuseOtherMedia, readBody, answer]
}

type Admission = Pick<DispatchDependencies, 'authentication' | 'onRefusal'> & { guard: RateGuard }

async function callerOf(
  route: Route,
  request: Request,
  response: Response,
  { authentication, guard, onRefusal }: Admission,
): Promise<Caller | undefined> {
  const authorization = route.permission === 'public' && !route.identify ? undefined : request.get('authorization')
  await guard.arrived(request, response, { anonymous: authorization === undefined })
  if (route.permission === 'public' && !route.identify) return undefined
  const caller = await authenticated(authorization, request, response, { authentication, guard })
  if (caller) await guard.known(caller, response)
  try {
    return admit(route, caller)
  } catch (error) {
    if (caller && isFailure(error))
      onRefusal?.({ caller, route: `${route.method} ${fullPath(route)}`, code: error.code })
    throw error
  }
}

async function authenticated(
  authorization: string | undefined,
  request: Request,
  response: Response,
  { authentication, guard }: Admission,
): Promise<Caller | undefined> {
  try {
    return await authentication.authenticate(authorization, contextOf(request))
  } catch (error) {
    if (isFailure(error) && error.kind === 'unauthenticated') await guard.unknown(request, response)
    throw error
  }
}

/** A merge patch is a type of its own, which plain JSON stands for too. */
export const mediaTypesOf = (method: string): readonly string[] =>
  method.toLowerCase() === 'patch' ? bodyMediaTypes : [jsonMediaType]

const refuseOtherMedia: RequestHandler = (request, _response, next) => {
  if (request.get('content-length') !== '0' && request.is(bodyMediaTypes) === false)
    throw unsupportedMediaType(
      'UNSUPPORTED_MEDIA_TYPE',
      `The body is not JSON: send Content-Type: ${mediaTypesOf(request.method).join(' or ')}.`,
    )
  next()
}

type Checked = Pick<AnyInput, 'params' | 'query' | 'body'>

function checksOf(route: Route): (request: Request) => Checked {
  assertParameters(route)
  const [params, query, body] = [route.params, route.query, route.body].map((schema) => schema && strictly(schema))
  const read = (part: 'path' | 'query' | 'body', schema: z.ZodObject | undefined, value: unknown) => {
    if (schema) return parsePart(part, schema, value)
    assertEmpty(part, value)
    return undefined
  }
  const takesNothing = body?.safeParse({}).success === true
  return (request) => ({
    params: read('path', params, { ...request.params }),
    query: read('query', query, { ...request.query }),
    // Without a body at all: what has no required field is still complete.
    body: read('body', body, request.body === undefined && takesNothing ? {} : (request.body as unknown)),
  })
}

/** A route that takes nothing refuses something: what would be ignored was meant. */
function assertEmpty(part: 'path' | 'query' | 'body', value: unknown): void {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (part === 'body' && value !== undefined && !isObject) throw noObject(value)
  const names = isObject ? Object.keys(value) : []
  if (names.length === 0) return
  throw invalid('INVALID_REQUEST', `The request is not valid: nothing is expected in the ${part}.`, {
    fields: names.slice(0, 10).map((name) => ({
      pointer: `${part === 'body' ? '' : `/${part}`}/${name.slice(0, 100)}`,
      detail: 'is not known',
    })),
  })
}

function assertParameters(route: Route): void {
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name)
  const declared = Object.keys(route.params?.shape ?? {})
  if (inPath.length !== declared.length || !inPath.every((name) => name !== undefined && declared.includes(name)))
    throw new Error(`${route.method} ${route.path} declares the parameters ${declared.join(', ') || 'none'}`)
}

type Known = Checked & Pick<AnyInput, 'caller' | 'context'>

async function run(
  route: Route,
  known: Known,
  request: Request,
  response: Response,
  idempotency: Idempotency,
): Promise<void> {
  let stored: WireReply | undefined
  const transaction: AnyInput['transaction'] = async (work) => {
    const keyed = {
      callerId: known.caller?.userId ?? '',
      route: `${route.method} ${fullPath(route)}`,
      key: request.get('idempotency-key'),
      content: [request.params, request.query, request.body],
    }
    stored = await idempotency.run(keyed, async (tx) => encodeReply(route, await work(tx)))
    return settled
  }
  const answer = await route.handler({ ...known, request, response, transaction })
  sendReply(response, withPageLink(request, stored ?? encodeReply(route, asReply(route, answer))))
}

function asReply(route: Route, answer: Awaited<ReturnType<Route['handler']>>): Reply {
  if (answer && 'status' in answer) return answer
  throw new Error(`${route.method} ${route.path} answered nothing`)
}

function withPageLink(request: Request, answer: WireReply): WireReply {
  const link = request.method === 'GET' ? nextPageLink(request.originalUrl, answer.body) : undefined
  return link === undefined ? answer : { ...answer, headers: { ...answer.headers, Link: link } }
}

async function runStream(
  route: Route,
  known: Known,
  request: Request,
  response: Response,
  { authentication, shutdown, streamPermissionSeconds }: DispatchDependencies,
): Promise<void> {
  const { caller } = known
  guardStream(request, {
    shutdown,
    permissionSeconds: streamPermissionSeconds,
    stillPermitted: async () => !caller || authentication.stillPermitted(route, caller),
  })
  const transaction: AnyInput['transaction'] = () => Promise.reject(new Error('a stream changes nothing'))
  await route.handler({ ...known, request, response, transaction })
}
