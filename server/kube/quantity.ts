/** Factors of the suffixes in https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

const pattern = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|([a-zA-Z]{1,2}))?$/

/** A quantity in its base unit (cores, bytes, pieces). Throws on what Kubernetes itself would refuse. */
function parseQuantity(quantity: string | number): number {
  if (typeof quantity === 'number') return quantity
  const [, digits, exponent, suffix] = pattern.exec(quantity) ?? []
  const factor = exponent === undefined ? factors[suffix ?? ''] : 10 ** Number(exponent)
  if (digits === undefined || factor === undefined) throw new Error(`“${quantity}” is not a Kubernetes quantity.`)
  return Number(digits) * factor
}

/**
 * Cuts the noise of binary fractions (0.1 × 1000 = 100.00000000000001) before rounding up, as Kubernetes does: half a
 * millicore that is asked for is a whole one that is taken.
 */
const roundUp = (value: number): number => Math.ceil(Number(value.toPrecision(15)))

/** `100m`, `0.1`, `2` → millicores, rounded up. */
export const parseCpu = (quantity: string | number): number => roundUp(parseQuantity(quantity) * 1000)

/** `128Mi`, `1e9`, `1500m` → bytes, rounded up. Exact up to 2^53 − 1, which is 8 PiB. */
export const parseBytes = (quantity: string | number): number => roundUp(parseQuantity(quantity))

/** `110`, `1k` → pieces (pods, claims), rounded up. */
export const parseCount = (quantity: string | number): number => roundUp(parseQuantity(quantity))
