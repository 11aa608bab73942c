/**
 * Resource quantities (`100m`, `1Gi`, `1e3`): exact arithmetic on nano-units, and Kubernetes' canonical form
 * (k8s.io/apimachinery/pkg/api/resource).
 */

type QuantityFormat = 'decimal' | 'binary' | 'exponent'

/** A value in billionths, with the family of suffixes it is written in. */
export type Quantity = { nano: bigint; format: QuantityFormat }

const NANO = 1_000_000_000n

const decimal: Record<string, bigint> = {
  n: 1n,
  u: 1_000n,
  m: 1_000_000n,
  '': NANO,
  k: NANO * 1_000n,
  M: NANO * 1_000_000n,
  G: NANO * 1_000_000_000n,
  T: NANO * 1_000_000_000_000n,
  P: NANO * 1_000_000_000_000_000n,
  E: NANO * 1_000_000_000_000_000_000n,
}

const binary: Record<string, bigint> = {
  Ki: NANO << 10n,
  Mi: NANO << 20n,
  Gi: NANO << 30n,
  Ti: NANO << 40n,
  Pi: NANO << 50n,
  Ei: NANO << 60n,
}

const pattern = /^([+-]?)(\d+\.?\d*|\.\d+)(?:([KMGTPE]i)|([eE][+-]?\d+)|([numkMGTPE]))?$/

/** The quantity that a string or number stands for, or undefined when it stands for none. Rounded up to billionths. */
export function parseQuantity(text: string | number): Quantity | undefined {
  const match = pattern.exec(String(text))
  if (!match) return undefined
  const [, sign, digits = '', binarySuffix, exponent, suffix = ''] = match
  const [whole = '', fraction = ''] = digits.split('.')
  let scale = binarySuffix ? binary[binarySuffix] : decimal[suffix]
  if (exponent) {
    const power = Number(exponent.slice(1))
    if (Math.abs(power) > 30) return undefined
    scale = power >= 0 ? NANO * 10n ** BigInt(power) : NANO / 10n ** BigInt(-power)
  }
  if (scale === undefined) return undefined
  const divisor = 10n ** BigInt(fraction.length)
  const scaled = BigInt(whole + fraction || '0') * scale
  const nano = scaled / divisor + (scaled % divisor === 0n ? 0n : 1n)
  const format = binarySuffix ? 'binary' : exponent ? 'exponent' : 'decimal'
  return { nano: sign === '-' ? -nano : nano, format }
}

/** The canonical form: no fraction, and the largest suffix that keeps it exact. */
export function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return '0'
  const sign = nano < 0n ? '-' : ''
  const size = nano < 0n ? -nano : nano
  if (format === 'binary' && size % NANO === 0n) {
    for (const suffix of ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki']) {
      const scale = binary[suffix] ?? NANO
      if (size % scale === 0n) return `${sign}${size / scale}${suffix}`
    }
    return `${sign}${size / NANO}`
  }
  for (const suffix of ['E', 'P', 'T', 'G', 'M', 'k', '', 'm', 'u', 'n']) {
    const scale = decimal[suffix] ?? NANO
    if (size % scale !== 0n) continue
    if (format !== 'exponent') return `${sign}${size / scale}${suffix}`
    const power = { E: 18, P: 15, T: 12, G: 9, M: 6, k: 3, '': 0, m: -3, u: -6, n: -9 }[suffix] ?? 0
    return `${sign}${size / scale}${power === 0 ? '' : `e${power}`}`
  }
  return `${sign}${size}n`
}

const canonical = new Map<string, string | undefined>()

/** The canonical form of a quantity as text, or undefined when it is none. Remembered: the same few recur for ever. */
export function canonicalQuantity(text: string | number): string | undefined {
  const key = String(text)
  if (canonical.has(key)) return canonical.get(key)
  const parsed = parseQuantity(key)
  const result = parsed && formatQuantity(parsed)
  if (canonical.size > 10_000) canonical.clear()
  canonical.set(key, result)
  return result
}

const zero: Quantity = { nano: 0n, format: 'decimal' }

/** The quantity of a stored field: zero when it is absent or nonsense. */
export function quantity(value: unknown): Quantity {
  return (typeof value === 'string' || typeof value === 'number' ? parseQuantity(value) : undefined) ?? zero
}

/** Sum; the format of the first one that is not zero. */
function addQuantity(left: Quantity, right: Quantity): Quantity {
  return { nano: left.nano + right.nano, format: left.nano === 0n ? right.format : left.format }
}

export function subtractQuantity(left: Quantity, right: Quantity): Quantity {
  return { nano: left.nano - right.nano, format: left.nano === 0n ? right.format : left.format }
}

/** Negative, zero or positive, as for sorting. */
export function compareQuantity(left: unknown, right: unknown): number {
  const difference = quantity(left).nano - quantity(right).nano
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

export type ResourceList = Record<string, string>

/** The sum, name by name, in canonical form. */
export function addLists(left: ResourceList, right: ResourceList): ResourceList {
  const sum: ResourceList = { ...left }
  for (const [name, value] of Object.entries(right))
    sum[name] = formatQuantity(addQuantity(quantity(sum[name]), quantity(value)))
  return sum
}

/** The larger, name by name. */
export function maxLists(left: ResourceList, right: ResourceList): ResourceList {
  const result: ResourceList = { ...left }
  for (const [name, value] of Object.entries(right))
    if (result[name] === undefined || compareQuantity(value, result[name]) > 0) result[name] = value
  return result
}
