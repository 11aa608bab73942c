/**
 * The one vocabulary of failures. Features throw these; `http/` decides the status last. `message` is public: it is
 * shown to the caller as it stands. What must stay inside goes into `cause`, which is logged and never sent.
 */

export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'notFound'
  | 'conflict'
  | 'preconditionFailed'
  | 'unprocessable'
  | 'tooLarge'
  | 'unsupportedMediaType'
  | 'methodNotAllowed'
  | 'rateLimited'
  | 'unavailable'
  | 'internal'

/** One field of a request that is wrong: a JSON pointer (RFC 6901) into it, and why. */
export type FieldError = { pointer: string; detail: string }

export type Failure = Error & {
  readonly kind: ErrorKind
  /** Stable, SCREAMING_SNAKE: what programs compare. Each has a page in docs/problems.md. */
  readonly code: string
  readonly fields?: readonly FieldError[]
  /** Further public members of the problem document, as RFC 9457 section 3.2 allows. */
  readonly extensions?: Readonly<Record<string, unknown>>
}

type Details = { fields?: readonly FieldError[]; extensions?: Record<string, unknown>; cause?: unknown }

const failureMark = Symbol.for('berth.failure')

const failure =
  (kind: ErrorKind) =>
  (code: string, message: string, { fields, extensions, cause }: Details = {}): Failure =>
    Object.assign(new Error(message, cause === undefined ? undefined : { cause }), {
      name: 'Failure',
      [failureMark]: true,
      kind,
      code,
      ...(fields && { fields }),
      ...(extensions && { extensions }),
    })

/** The request is not well formed or breaks its schema. */
export const invalid = failure('invalid')
/** No credentials, or bad ones. */
export const unauthenticated = failure('unauthenticated')
/** Known, but the role does not allow it. Never for somebody else's resource: that is `notFound`. */
export const forbidden = failure('forbidden')
/** Absent, or not the caller's. */
export const notFound = failure('notFound')
/** The state does not allow it: the message names the state and what is allowed. */
export const conflict = failure('conflict')
export const preconditionFailed = failure('preconditionFailed')
/** Understood, well formed, and impossible. */
export const unprocessable = failure('unprocessable')
export const tooLarge = failure('tooLarge')
export const unsupportedMediaType = failure('unsupportedMediaType')
export const methodNotAllowed = failure('methodNotAllowed')
/** Asked too often: `retryAfterSeconds` among the extensions says when to come back. */
export const rateLimited = failure('rateLimited')
/** A part that is needed is away: trying again later is right. */
export const unavailable = failure('unavailable')
/** A defect. The public message says nothing of it. */
export const internal = (cause: unknown): Failure =>
  failure('internal')('INTERNAL', 'Something went wrong on our side. It has been logged.', { cause })

export const isFailure = (error: unknown): error is Failure =>
  error instanceof Error && (error as unknown as Record<symbol, unknown>)[failureMark] === true

/** What went wrong in one line, for logs and for causes that people read. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
