/**
 * What the API server refuses, as the `Status` object that a client reads. Reasons, codes and wording are those of
 * k8s.io/apimachinery/pkg/api/errors.
 */
import { type Resource } from './registry/resources.ts'

export type Cause = { reason: string; message: string; field: string }

export type Status = {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: { continue?: string; remainingItemCount?: number }
  status: 'Success' | 'Failure'
  message?: string
  reason?: string
  details?: {
    name?: string
    group?: string
    kind?: string
    uid?: string
    causes?: Cause[]
    retryAfterSeconds?: number
  }
  code: number
}

export type ApiError = Error & { status: Status }

/** True for an error that carries the `Status` a client would get. */
export function isApiError(error: unknown): error is ApiError {
  return error instanceof Error && 'status' in error && typeof error.status === 'object'
}

/** The reason of an API error (`NotFound`, `Conflict`…); undefined for any other error. */
export function reasonOf(error: unknown): string | undefined {
  return isApiError(error) ? error.status.reason : undefined
}

type Details = NonNullable<Status['details']>

function failure(code: number, reason: string | undefined, message: string, details?: Details): ApiError {
  const status: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === undefined ? {} : { reason }),
    ...(details ? { details } : {}),
    code,
  }
  return Object.assign(new Error(message), { status })
}

function qualified(resource: Resource): string {
  return resource.group ? `${resource.plural}.${resource.group}` : resource.plural
}

function about(resource: Resource, name: string): Details {
  return { name, ...(resource.group ? { group: resource.group } : {}), kind: resource.plural }
}

export const notFound = (resource: Resource, name: string): ApiError =>
  failure(404, 'NotFound', `${qualified(resource)} "${name}" not found`, about(resource, name))

/** The path is not one that the server has. */
export const noSuchPath = (): ApiError =>
  failure(404, 'NotFound', 'the server could not find the requested resource', {})

/** The name is taken, perhaps by an object that is on its way out. */
export function alreadyExists(resource: Resource, name: string, beingDeleted = false): ApiError {
  const prefix = beingDeleted ? 'object is being deleted: ' : ''
  return failure(
    409,
    'AlreadyExists',
    `${prefix}${qualified(resource)} "${name}" already exists`,
    about(resource, name),
  )
}

export const conflict = (resource: Resource, name: string, why: string): ApiError =>
  failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    about(resource, name),
  )

export const staleVersion = (resource: Resource, name: string): ApiError =>
  conflict(
    resource,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  )

/** Server-side apply meets fields of other managers; one cause for each. */
export function applyConflict(causes: Cause[], message: string): ApiError {
  return failure(409, 'Conflict', message, { causes })
}

export const forbidden = (resource: Resource, name: string, why: string, causes?: Cause[]): ApiError =>
  failure(403, 'Forbidden', `${qualified(resource)} "${name}" is forbidden: ${why}`, {
    ...about(resource, name),
    ...(causes ? { causes } : {}),
  })

/** Nobody that the server knows. The real one says no more either. */
export const unauthorized = (): ApiError => failure(401, 'Unauthorized', 'Unauthorized')

/** A server that asks for no token answers this machine alone. */
export const notLoopback = (host: string): ApiError =>
  failure(
    403,
    'Forbidden',
    `the simulator has no token and answers to localhost, 127.0.0.1 and [::1] alone, not to "${host}"`,
    {},
  )

export const badRequest = (message: string): ApiError => failure(400, 'BadRequest', message)

export const methodNotAllowed = (): ApiError =>
  failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})

export const unsupportedMediaType = (message: string): ApiError => failure(415, 'UnsupportedMediaType', message)

export const notAcceptable = (types: readonly string[]): ApiError =>
  failure(406, 'NotAcceptable', `only the following media types are accepted: ${types.join(', ')}`)

export const tooLarge = (limit: number): ApiError =>
  failure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`)

/** The watch or the continue token is older than the history that is kept. */
export const expired = (message: string): ApiError => failure(410, 'Expired', message)

export function tooManyRequests(message: string, seconds: number, causes?: Cause[]): ApiError {
  return failure(429, 'TooManyRequests', message, { ...(causes ? { causes } : {}), retryAfterSeconds: seconds })
}

export const internal = (message: string): ApiError =>
  failure(500, 'InternalError', `Internal error occurred: ${message}`, {
    causes: [{ reason: 'InternalError', message, field: '' }],
  })

/** What the real server refuses without a reason of its own: 500, although the client is wrong. */
export const unclassified = (message: string): ApiError => failure(500, undefined, message)

export const unavailable = (code: 503 | 504, message: string): ApiError =>
  failure(code, code === 503 ? 'ServiceUnavailable' : 'Timeout', message, { retryAfterSeconds: 1 })

/** A patch that cannot be carried out on the object as it is. */
export const unprocessable = (message: string): ApiError => failure(422, 'Invalid', message, {})

/** One finding of validation, in the shape of k8s.io/apimachinery/pkg/util/validation/field. */
export type FieldError = { reason: string; field: string; message: string }

export const required = (field: string, detail = ''): FieldError => ({
  reason: 'FieldValueRequired',
  field,
  message: `Required value${detail ? `: ${detail}` : ''}`,
})

export const invalidValue = (field: string, value: unknown, detail: string): FieldError => ({
  reason: 'FieldValueInvalid',
  field,
  message: `Invalid value: ${shown(value)}${detail ? `: ${detail}` : ''}`,
})

export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  reason: 'FieldValueNotSupported',
  field,
  message: `Unsupported value: ${shown(value)}: supported values: ${supported.map((each) => `"${each}"`).join(', ')}`,
})

export const duplicate = (field: string, value: unknown): FieldError => ({
  reason: 'FieldValueDuplicate',
  field,
  message: `Duplicate value: ${shown(value)}`,
})

export const notAllowed = (field: string, detail: string): FieldError => ({
  reason: 'FieldValueForbidden',
  field,
  message: `Forbidden: ${detail}`,
})

export const tooLong = (field: string, limit: number): FieldError => ({
  reason: 'FieldValueTooLong',
  field,
  message: `Too long: may not be more than ${limit} bytes`,
})

function shown(value: unknown): string {
  if (value === undefined) return 'null'
  return JSON.stringify(value)
}

/** 422 with one cause for each finding. */
export function invalid(
  resource: Pick<Resource, 'group' | 'kind'>,
  name: string,
  errors: readonly FieldError[],
): ApiError {
  const each = errors.map((error) => `${error.field}: ${error.message}`)
  const list = each.length === 1 ? (each[0] ?? '') : `[${each.join(', ')}]`
  const kind = resource.group ? `${resource.kind}.${resource.group}` : resource.kind
  return failure(422, 'Invalid', `${kind} "${name}" is invalid: ${list}`, {
    name,
    ...(resource.group ? { group: resource.group } : {}),
    kind: resource.kind,
    causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
  })
}

/** 422 for the options of a request (`PatchOptions`, `ListOptions`…), with one cause for each finding. */
export function invalidOptions(kind: string, ...errors: readonly FieldError[]): ApiError {
  const list = errors.map((error) => `${error.field}: ${error.message}`).join(', ')
  return failure(422, 'Invalid', `${kind}.meta.k8s.io "" is invalid: ${list}`, {
    group: 'meta.k8s.io',
    kind,
    causes: [...errors],
  })
}
