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
