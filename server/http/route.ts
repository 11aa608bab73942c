import type { Request, Response } from 'express'
import type { z } from 'zod'
import type { Tx } from '../db/database.ts'
import type { RouteLimit } from './rate-limits/policies.ts'
import type { AdminScope, Scope, UserScope } from './scopes.ts'

/**
 * One definition per route. It is the route, its checks, its OpenAPI operation and its row in the authorization test:
 * there is no second place to keep in step.
 */

/** What a caller proved who they are with: a sign-in, or a token made for a program. */
export type Credential =
  { kind: 'session'; sessionId: string } | { kind: 'accessToken'; tokenId: string; scopes: readonly Scope[] }

/** Who asks: read from the database at this very request, so that a right taken away is gone at once. */
export type Caller = {
  userId: string
  /** An administrator's access token without the admin scope for this request makes a `USER`. */
  role: 'USER' | 'ADMINISTRATOR'
  credential: Credential
  /** Their role needs a second factor, and they have none. */
  lacksSecondFactor?: true
  /** Every organization that the caller is a member of. */
  organizationIds: readonly string[]
  /** The personal one, which a request that names none means. */
  organizationId: string
  requestId: string
  ipAddress: string
  userAgent?: string
}

/** `public` is written out: a route without a permission does not compile. */
export type Permission = 'public' | 'user' | 'administrator'
export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

/** One way a route answers. Without a schema the answer has no body, or is of another media type than JSON. */
export type ResponseDefinition = {
  description: string
  /** Handlers give the decoded form (plain UUIDs, Dates, bigints); the schema's codecs write what goes out. */
  schema?: z.ZodType
  /** Media type of a body that is not JSON. */
  contentType?: string
  /** Name of each header that this answer carries, with what it means. */
  headers?: Readonly<Record<string, string>>
}
export type Responses = Readonly<Record<number, ResponseDefinition>>

export type ReplyHeaders = Readonly<Record<string, string | readonly string[]>>
export type Reply<Status extends number = number, Body = unknown> = {
  readonly status: Status
  readonly body: Body
  readonly headers: ReplyHeaders
}

/** Handlers may give what they must not change: nothing is written to a body. */
type Frozen<T> = T extends Date | Uint8Array
  ? T
  : T extends readonly (infer Element)[]
    ? readonly Frozen<Element>[]
    : T extends object
      ? { readonly [Key in keyof T]: Frozen<T[Key]> }
      : T
type BodyOf<Definition> = Definition extends { schema: infer Schema extends z.ZodType }
  ? Frozen<z.output<Schema>>
  : undefined
/** The replies that a route with these responses may give: each status with its own body. */
type ReplyOf<R extends Responses> = {
  [Status in keyof R & number]: Reply<Status, BodyOf<R[Status]>>
}[keyof R & number]

/** What a handler answers. Headers are sent as they stand. */
export function reply<const Status extends number>(status: Status): Reply<Status, undefined>
export function reply<const Status extends number, const Body>(
  status: Status,
  body: Body,
  headers?: ReplyHeaders,
): Reply<Status, Body>
export function reply(status: number, body?: unknown, headers: ReplyHeaders = {}): Reply {
  return { status, body, headers }
}

const mark = Symbol('settled')
/** Says that the answer was stored with its change, or read back: only `transaction` gives it. */
export type Settled = { readonly [mark]: true }
export const settled: Settled = { [mark]: true }

/**
 * Runs the change of a route that honours `Idempotency-Key`. `work` writes through `tx` and returns the answer; the
 * key's row commits with it. A repeated key gets the stored answer without `work` being called; a running one is
 * refused with 409, another body with 422. What `work` throws is not stored: the same key may be tried again.
 */
export type Transact<R extends Responses> = (work: (tx: Tx) => Promise<ReplyOf<R>>) => Promise<Settled>

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined

/** What every handler is given; the parts are typed by the route's own schemas. */
type CommonInput<Access, Params, Query, Body> = {
  params: Parsed<Params>
  query: Parsed<Query>
  body: Parsed<Body>
  caller: Access extends 'public' ? Caller | undefined : Caller
  request: Request
  context: RequestContext
}

/** Of whom and of which request a change is: for audit rows and sessions, also where nobody signed in. */
export type RequestContext = { requestId: string; ipAddress: string; userAgent?: string }

/** What administrators alone may do, a token does only with an admin scope. */
type ScopeFor<Access> = Access extends 'administrator' ? AdminScope : UserScope

type Shared<Access, Params, Query, Body, R> = {
  method: Method
  /** Below /api/v1 unless `root` is set; Express's `:name` for a parameter. */
  path: string
  root?: true
  permission: Access
  /** What an access token must have been made for. Without one, the route is reachable by a sign-in alone. */
  scope?: ScopeFor<Access>
  /** Beside the general ones; those per account count by the `email` of the body. */
  limits?: readonly RouteLimit[]
  /** Also for who must set up a second factor first: what they need for that, and to leave. */
  withoutSecondFactor?: true
  /** A public route that shows more to who is signed in: credentials are optional, but bad ones are refused. */
  identify?: true
  summary: string
  description?: string
  tags: readonly string[]
  params?: Params
  query?: Query
  body?: Body
  responses: R
  /** Statuses of the problems that this route adds to the ones that every route of its kind may answer with. */
  problems?: readonly number[]
}

type Schema = z.ZodObject | undefined
type Plain<A, P, Q, B, R extends Responses> = Shared<A, P, Q, B, R> & {
  idempotent?: never
  stream?: never
  handler(input: CommonInput<A, P, Q, B>): Promise<ReplyOf<R>>
}
/** Honours `Idempotency-Key`: the only way to answer is through `transaction`, so that none forgets to store it. */
type Idempotent<A, P, Q, B, R extends Responses> = Shared<A, P, Q, B, R> & {
  idempotent: true
  stream?: never
  handler(input: CommonInput<A, P, Q, B> & { transaction: Transact<R> }): Promise<Settled>
}
/** Writes the response itself (`eventStream`, logs that are followed). */
type Stream<A, P, Q, B, R> = Shared<A, P, Q, B, R> & {
  stream: true
  idempotent?: never
  handler(input: CommonInput<A, P, Q, B> & { response: Response }): Promise<void>
}

/** A route whose types have been checked and forgotten: what the server, the document and the tests iterate over. */
export type Route = Shared<
  Permission,
  z.ZodObject | undefined,
  z.ZodObject | undefined,
  z.ZodObject | undefined,
  Responses
> & {
  idempotent?: true
  stream?: true
  handler(input: AnyInput): Promise<Reply | Settled | void>
}
export type AnyInput = {
  params: unknown
  query: unknown
  body: unknown
  caller: Caller | undefined
  request: Request
  context: RequestContext
  response: Response
  transaction: Transact<Responses>
}

/**
 * Defines a route. The handler's input is typed from the schemas, its answer from `responses`.
 * @example
 * route({
 *   method: 'get', path: '/subscriptions/:subscriptionId', permission: 'user', summary: 'One subscription', tags: ['Subscriptions'],
 *   params: z.object({ subscriptionId: idParam('subscription') }),
 *   responses: { [status.ok]: { description: 'The subscription', schema: subscription } },
 *   handler: async ({ params, caller }) => reply(status.ok, await subscriptions.get(caller, params.subscriptionId)),
 * })
 */
export function route<
  const A extends Permission,
  const R extends Responses,
  P extends Schema = undefined,
  Q extends Schema = undefined,
  B extends Schema = undefined,
>(definition: Stream<A, P, Q, B, R>): Route
export function route<
  const A extends Exclude<Permission, 'public'>,
  const R extends Responses,
  P extends Schema = undefined,
  Q extends Schema = undefined,
  B extends Schema = undefined,
>(definition: Idempotent<A, P, Q, B, R>): Route
export function route<
  const A extends Permission,
  const R extends Responses,
  P extends Schema = undefined,
  Q extends Schema = undefined,
  B extends Schema = undefined,
>(definition: Plain<A, P, Q, B, R>): Route
export function route(definition: Route): Route {
  return definition
}

/** Where everything that is not a convention of the web itself lives. */
const apiBase = '/api/v1'
/** The whole path of a route, in Express's notation. */
export const fullPath = ({ path, root }: Pick<Route, 'path' | 'root'>): string => (root ? path : `${apiBase}${path}`)
