/**
 * What a cluster answered instead of what was asked, or why it did not answer. `unreachable` and `timeout` say nothing
 * about the object: nobody may conclude from them that something is absent or has failed.
 */
export type KubeErrorKind =
  | 'unreachable'
  | 'unauthorized'
  | 'forbidden'
  | 'notFound'
  | 'alreadyExists'
  | 'conflict'
  | 'invalid'
  | 'gone'
  | 'tooManyRequests'
  | 'timeout'
  | 'server'

/** One field that the API server refused, as `Status.details.causes` names it. */
type KubeErrorCause = { reason?: string; message?: string; field?: string }

export type KubeError = Error & {
  readonly kind: KubeErrorKind
  readonly status?: number
  readonly reason?: string
  readonly causes?: readonly KubeErrorCause[]
  /** Seconds that the server asked to wait. */
  readonly retryAfter?: number
}

type Details = {
  status?: number
  reason?: string
  causes?: readonly KubeErrorCause[]
  retryAfter?: number
  cause?: unknown
}

const mark = Symbol.for('berth.kubeError')

/** An error of the given kind; its message is a sentence about the cluster, fit for a log. */
export const kubeError = (kind: KubeErrorKind, message: string, { cause, ...details }: Details = {}): KubeError =>
  Object.assign(new Error(message, cause === undefined ? undefined : { cause }), {
    name: 'KubeError',
    [mark]: true,
    kind,
    ...details,
  })

export const isKubeError = (error: unknown): error is KubeError =>
  error instanceof Error && (error as unknown as Record<symbol, unknown>)[mark] === true

const kindByStatus: Readonly<Record<number, KubeErrorKind>> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'notFound',
  409: 'conflict',
  410: 'gone',
  413: 'invalid',
  415: 'invalid',
  422: 'invalid',
  429: 'tooManyRequests',
  // A proxy or an aggregator in front says that the server behind it is away.
  502: 'unreachable',
  503: 'unreachable',
  504: 'timeout',
}

type Status = { message?: string; reason?: string; code?: number; details?: { causes?: KubeErrorCause[] } }

/** The error that a `Status` object stands for, as a response's body or as the object of a watch's ERROR event. */
export function errorFromStatus(status: Status, code: number, retryAfter?: number): KubeError {
  const kind = status.reason === 'AlreadyExists' ? 'alreadyExists' : (kindByStatus[code] ?? 'server')
  return kubeError(kind, status.message ?? `The API server answered ${code}.`, {
    status: code,
    ...(status.reason !== undefined && { reason: status.reason }),
    ...(status.details?.causes && { causes: status.details.causes }),
    ...(retryAfter !== undefined && { retryAfter }),
  })
}

/** The error for a response that is not a success. A body that is no Status (a proxy's page) is quoted in part. */
export function errorFromResponse(code: number, body: string, retryAfter?: number): KubeError {
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed === 'object' && parsed !== null) return errorFromStatus(parsed, code, retryAfter)
  } catch {
    // Not JSON: quoted below.
  }
  const quoted = body.trim().slice(0, 200)
  return errorFromStatus({ message: `The API server answered ${code}${quoted && `: ${quoted}`}` }, code, retryAfter)
}
