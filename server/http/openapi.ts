import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import { z } from 'zod'
import { mediaTypesOf } from './dispatch.ts'
import { problemMediaType } from './problems.ts'
import { fullPath, type ResponseDefinition, type Route } from './route.ts'
import { problem } from './schemas.ts'
import { scopes } from './scopes.ts'
import { status } from './status.ts'

/** The OpenAPI 3.1 document of a list of routes: nothing in it is written twice. */

export type OpenApiDocument = ReturnType<typeof createDocument>
type Override = NonNullable<NonNullable<Parameters<typeof createDocument>[1]>['override']>
type Visit = (visited: Parameters<Override>[0]) => void
type Operation = ZodOpenApiOperationObject

const personalAccessTokens = [
  'Of a program, from POST /api/v1/me/tokens: does what its scopes name, and nothing where an operation names none.',
  ...Object.entries(scopes).map(([scope, meaning]) => `- \`${scope}\`: ${meaning}`),
].join('\n')

/** The version of the API: the major one stands in every path. */
const apiVersion = '1.0.0'

export function createOpenApi(routes: readonly Route[]): OpenApiDocument {
  const paths: Record<string, Record<string, Operation>> = {}
  for (const route of routes) {
    const path = fullPath(route).replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method]: operationOf(route) }
  }
  return createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'Berth',
        version: apiVersion,
        description:
          'Managed services from your own Kubernetes cluster. Failures are `application/problem+json` (RFC 9457); lists are `{data, page}` with a cursor; long work answers `202` with an operation to follow. Requests are limited per person and address: `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers) say what holds and what is left, `429` with `Retry-After` when to come back.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      security: [],
      paths: paths satisfies ZodOpenApiPathsObject,
      components: {
        securitySchemes: {
          accessToken: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'Of a sign-in, from POST /api/v1/auth/login: does everything that its user may.',
          },
          personalAccessToken: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'berth_pat_…',
            description: personalAccessTokens,
          },
        },
      },
    },
    { override: everyOne(plainer, refuseClashes()) },
  )
}

const everyOne =
  (...overrides: readonly Visit[]): Visit =>
  (visited) => {
    for (const override of overrides) override(visited)
  }

/**
 * A name is one schema's: where a request's and an answer's had the same one, the library would rename the latter and
 * say nothing, and the type in every client would change with the order of the routes.
 */
function refuseClashes(): Visit {
  const named = new Map<string, z.core.$ZodType>()
  return ({ zodSchema }) => {
    const id = z.globalRegistry.get(zodSchema)?.id
    if (id === undefined) return
    const first = named.get(id) ?? zodSchema
    if (first !== zodSchema) throw new Error(`two schemas are called ${id}: give one of them a name of its own`)
    named.set(id, first)
  }
}

/** Leaves out what is true of every number in JSON, and of answers: callers must expect new fields in them. */
function plainer({ jsonSchema, io, zodSchema }: Parameters<Visit>[0]): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  if (io === 'output' && zodSchema instanceof z.ZodObject && zodSchema.def.catchall === undefined)
    delete jsonSchema.additionalProperties
}

/** `GET /subscriptions/:subscriptionId/pods` → getSubscriptionsBySubscriptionIdPods: stable while the path is. */
const operationId = ({ method, path }: Route): string =>
  method +
  path
    .split('/')
    .map((part) => (part.startsWith(':') ? `By${capital(part.slice(1))}` : part.split(/\W+/).map(capital).join('')))
    .join('')
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

function operationOf(route: Route): Operation {
  const { permission, params, query, body } = route
  const header = requestHeaders(route)
  return {
    operationId: operationId(route),
    summary: route.summary,
    ...descriptionOf(route),
    tags: [...route.tags],
    // Written out where it is none: viewers show a lock on what says nothing.
    security: permission === 'public' && !route.identify ? [] : securityOf(route),
    ...((params ?? query ?? header) && {
      requestParams: { ...(params && { path: params }), ...(query && { query }), ...(header && { header }) },
    }),
    ...(body && { requestBody: { required: !body.safeParse({}).success, content: bodyContent(route, body) } }),
    responses: { ...successes(route), ...problems(route) },
  }
}

/** A role of a bearer scheme, as OpenAPI 3.1 allows: the scope that a token needs. */
const securityOf = ({ identify, scope }: Route): Record<string, string[]>[] => [
  ...(identify ? [{}] : []),
  { accessToken: [] },
  ...(scope === undefined ? [] : [{ personalAccessToken: [scope] }]),
]

function descriptionOf({ description, permission, identify, scope }: Route): { description?: string } {
  const needed = scope === undefined ? needsSignIn : `A personal access token needs the scope \`${scope}\`.`
  const lines = [description, permission !== 'public' || identify ? needed : undefined]
  const text = lines.filter((line) => line !== undefined).join('\n\n')
  return text === '' ? {} : { description: text }
}
const needsSignIn = 'Needs a sign-in: no personal access token reaches it.'

const bodyContent = (route: Route, schema: z.ZodObject) =>
  Object.fromEntries(mediaTypesOf(route.method).map((type) => [type, { schema }]))

function requestHeaders(route: Route): z.ZodObject | undefined {
  const headers = {
    ...(route.idempotent && {
      'Idempotency-Key': z.string().optional().meta({
        description:
          'Chosen by you. Repeating a request with the same key within 24 hours repeats its answer and no change.',
      }),
    }),
    ...((route.method === 'patch' || route.method === 'put') && {
      'If-Match': z
        .string()
        .optional()
        .meta({ description: 'The ETag that you read: the change is refused where it is an old one.' }),
    }),
    ...(isEventStream(route) && {
      'Last-Event-ID': z.string().optional().meta({ description: 'Resumes after this event.' }),
    }),
  }
  return Object.keys(headers).length > 0 ? z.object(headers) : undefined
}

const isEventStream = ({ responses }: Route) =>
  Object.values(responses).some(({ contentType }) => contentType === 'text/event-stream')

const successes = ({ responses }: Route): NonNullable<Operation['responses']> =>
  Object.fromEntries(Object.entries(responses).map(([code, definition]) => [code, responseOf(definition)]))

function responseOf({ description, schema, contentType, headers }: ResponseDefinition) {
  const content =
    contentType !== undefined
      ? { [contentType]: { schema: schema ?? z.string() } }
      : schema && { 'application/json': { schema } }
  return {
    description,
    ...(content && { content }),
    ...(headers && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, meaning]) => [
          name,
          { description: meaning, schema: { type: 'string' as const } },
        ]),
      ),
    }),
  }
}

const problemNames: Readonly<Record<number, string>> = {
  [status.badRequest]: 'The request is not well formed or breaks its schema',
  [status.unauthorized]: 'No credentials, or bad ones',
  [status.forbidden]: 'The role does not allow it',
  [status.notFound]: "Absent, or somebody else's",
  [status.conflict]: 'The state does not allow it',
  [status.preconditionFailed]: 'If-Match names an old version',
  [status.contentTooLarge]: 'The body is too large',
  [status.unsupportedMediaType]: 'The body is not JSON',
  [status.unprocessable]: 'Understood, and impossible',
  [status.tooManyRequests]: 'Too many requests: see Retry-After',
  [status.unavailable]: 'A part that is needed is away',
}

function problemStatuses(route: Route): number[] {
  const { permission, params, query, body, idempotent, method, problems = [] } = route
  const found = new Set<number>(problems)
  if (params ?? query ?? body) found.add(status.badRequest)
  if (params) found.add(status.notFound)
  if (permission !== 'public' || route.identify) found.add(status.unauthorized)
  if (permission !== 'public' || route.identify) found.add(status.forbidden)
  if (body) found.add(status.contentTooLarge).add(status.unsupportedMediaType)
  if (route.limits) found.add(status.tooManyRequests)
  if (idempotent) found.add(status.conflict).add(status.unprocessable)
  if (method === 'patch' || method === 'put') found.add(status.preconditionFailed)
  return [...found].sort((a, b) => a - b)
}

const problems = (route: Route): NonNullable<Operation['responses']> => {
  const content = { [problemMediaType]: { schema: problem } }
  return {
    ...Object.fromEntries(
      problemStatuses(route).map((code) => [code, { description: problemNames[code] ?? 'A problem', content }]),
    ),
    default: { description: 'Any other problem', content },
  }
}
