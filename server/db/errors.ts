/**
 * What PostgreSQL said, whichever way the error came: from `pg` itself, from a raw statement or a model call of Prisma.
 * With driver adapters Prisma's own `meta.target` is absent, so the adapter's cause is read.
 */
type Told = { code: string | undefined; constraint: string | undefined; message: string }

/**
 * The name of the unique, check, foreign-key or exclusion constraint (or of a trigger's rule) that an error broke.
 * Undefined for every other error.
 */
export function constraintOf(error: unknown): string | undefined {
  const told = toldBy(error)
  if (!told?.code?.startsWith('23')) return undefined
  return told.constraint ?? /constraint "([^"]+)"/.exec(told.message)?.[1]
}

/** SQLSTATE 40001 and 40P01: the same work, done again, may succeed. */
export const isRetryable = (error: unknown): boolean => {
  const code = toldBy(error)?.code
  return code === '40001' || code === '40P01' || (isRecord(error) && error['code'] === 'P2034')
}

/**
 * The database did not do it because it is away or has no connection left: later it will. A statement that it refused,
 * or one that took too long by our own fault, is not among this. Errors of clusters and of mail have forms of their own
 * (kube/errors.ts), so that the bare error of a socket is one of `pg`.
 */
export function isDatabaseAway(error: unknown): boolean {
  if (!isRecord(error)) return false
  const state = toldBy(error)?.code
  if (state !== undefined) return awayStates.test(state)
  const code = textOf(error['code'])
  if (code !== undefined && (socketCodes.has(code) || prismaAwayCodes.has(code))) return true
  const adapterError = isRecord(error['meta']) ? error['meta']['driverAdapterError'] : error
  const cause = isRecord(adapterError) ? adapterError['cause'] : undefined
  if (isRecord(cause) && adapterKinds.has(textOf(cause['kind']) ?? '')) return true
  return awayMessage.test(textOf(error['message']) ?? '')
}

/** Connection exceptions, too many connections, and a server that stops, crashed or still starts. */
const awayStates = /^(08...|53300|57P0[1235])$/
const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])
const prismaAwayCodes = new Set(['P1001', 'P1002', 'P1008', 'P1017'])
const adapterKinds = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'])
/** `pg`, its pool and Prisma's transactions have no code for these. */
const awayMessage =
  /^(timeout exceeded when trying to connect|Connection terminated|Client (has encountered a connection error|was closed) and is not queryable|Transaction API error: Unable to start a transaction)/

function toldBy(error: unknown): Told | undefined {
  if (!isRecord(error)) return undefined
  if (typeof error['code'] === 'string' && /^[0-9A-Z]{5}$/.test(error['code']) && !error['code'].startsWith('P')) {
    return { code: error['code'], constraint: textOf(error['constraint']), message: textOf(error['message']) ?? '' }
  }
  const adapterError = isRecord(error['meta']) ? error['meta']['driverAdapterError'] : error
  const cause = isRecord(adapterError) ? adapterError['cause'] : undefined
  if (!isRecord(cause) || typeof cause['originalCode'] !== 'string') return undefined
  const constraint = isRecord(cause['constraint']) ? textOf(cause['constraint']['index']) : undefined
  return { code: cause['originalCode'], constraint, message: textOf(cause['originalMessage']) ?? '' }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
