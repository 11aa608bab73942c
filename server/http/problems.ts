import type { z } from 'zod'
import { isDatabaseAway } from '../db/errors.ts'
import {
  internal,
  invalid,
  isFailure,
  methodNotAllowed,
  notFound,
  tooLarge,
  unavailable,
  unsupportedMediaType,
  type ErrorKind,
  type Failure,
} from '../lib/errors.ts'
import type { ReplyHeaders } from './route.ts'
import type { problem } from './schemas.ts'
import { status } from './status.ts'

/** The one place where a failure becomes a status and a document (RFC 9457). */

export type Problem = z.output<typeof problem> & Readonly<Record<string, unknown>>

export const problemMediaType = 'application/problem+json'

const statusOfKind = {
  invalid: status.badRequest,
  unauthenticated: status.unauthorized,
  forbidden: status.forbidden,
  notFound: status.notFound,
  conflict: status.conflict,
  preconditionFailed: status.preconditionFailed,
  unprocessable: status.unprocessable,
  tooLarge: status.contentTooLarge,
  unsupportedMediaType: status.unsupportedMediaType,
  methodNotAllowed: status.methodNotAllowed,
  rateLimited: status.tooManyRequests,
  unavailable: status.unavailable,
  internal: status.internal,
} as const satisfies Record<ErrorKind, number>

/** EMAIL_TAKEN → email-taken: the last part of a problem's type. */
export const problemSlug = (code: string): string => code.toLowerCase().replaceAll('_', '-')
/** EMAIL_TAKEN → Email taken. */
export const titleOf = (code: string) => {
  const words = code.toLowerCase().replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** The document of a failure. `problemBase` is one constant, made from the public address and never from the request. */
export function toProblem(
  failure: Failure,
  { requestId, instance, problemBase }: { requestId: string; instance: string; problemBase: string },
): Problem {
  return {
    ...failure.extensions,
    type: `${problemBase}/${problemSlug(failure.code)}`,
    title: titleOf(failure.code),
    status: statusOfKind[failure.kind],
    detail: failure.message,
    instance,
    code: failure.code,
    requestId,
    ...(failure.fields && { errors: [...failure.fields] }),
  }
}

/** The headers that a failure's status asks for (RFC 9110: Allow, WWW-Authenticate, Retry-After). */
export function headersOfFailure({ kind, extensions }: Failure): ReplyHeaders {
  if (kind === 'unauthenticated') return { 'WWW-Authenticate': 'Bearer' }
  const { allow, retryAfterSeconds } = extensions ?? {}
  return {
    ...(Array.isArray(allow) && { Allow: allow.join(', ') }),
    ...(typeof retryAfterSeconds === 'number' && { 'Retry-After': String(Math.ceil(retryAfterSeconds)) }),
  }
}

export const maximumBodyBytes = 1024 * 1024

/** Anything thrown, in our words. What we do not know is a defect: its text stays inside. */
export function toFailure(error: unknown): Failure {
  if (isFailure(error)) return error
  if (isDatabaseAway(error)) return databaseUnavailable(error)
  return fromExpress(error) ?? internal(error)
}

/** A database that restarts is back within seconds; a pool that is full has room again sooner. */
export const databaseRetrySeconds = 5

const databaseUnavailable = (cause: unknown): Failure =>
  unavailable(
    'DATABASE_UNAVAILABLE',
    'The database cannot be reached just now, or is too busy: try again in a moment.',
    {
      extensions: { retryAfterSeconds: databaseRetrySeconds },
      cause,
    },
  )

/** Errors that Express and its body parser make of what a caller sent (http-errors: `status` and `type`). */
function fromExpress(error: unknown): Failure | undefined {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return undefined
  switch (error.status) {
    case status.contentTooLarge:
      return tooLarge('BODY_TOO_LARGE', `The body is larger than ${maximumBodyBytes} bytes.`)
    case status.unsupportedMediaType:
      return unsupportedMediaType(
        'UNSUPPORTED_MEDIA_TYPE',
        'The body is in an encoding or charset that is not read here.',
      )
    case status.badRequest:
      return invalid('MALFORMED_REQUEST', malformed(error), { cause: error })
    default:
      return undefined
  }
}

function malformed(error: Error): string {
  if (!('type' in error)) return 'The path of the request is not well formed.'
  return error.type === 'entity.parse.failed'
    ? 'The body is not well-formed JSON.'
    : 'The body ended early, or is not what its headers say.'
}

export const routeNotFound = (path: string): Failure =>
  notFound('ROUTE_NOT_FOUND', `There is nothing at ${path.slice(0, 200)}. The paths are listed in /openapi.json.`)

export const wrongMethod = (method: string, allow: readonly string[]): Failure =>
  methodNotAllowed('METHOD_NOT_ALLOWED', `${method} is not possible here: ${allow.join(', ')}.`, {
    extensions: { allow: [...allow] },
  })
