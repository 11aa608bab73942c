import { code as findCurrency } from 'currency-codes'

/** Money between what people write and what is stored: whole minor units of an ISO 4217 currency. */

/**
 * How many decimals a currency has (EUR 2, JPY 0, KWD 3); undefined for what is none: unknown codes, precious metals
 * and codes for tests, which the standard lists without a country.
 */
export function currencyDecimals(currency: string): number | undefined {
  if (!/^[A-Z]{3}$/.test(currency)) return undefined
  const found = findCurrency(currency)
  return found?.countries.every((country) => !country.startsWith('Zz')) ? found.digits : undefined
}

/** `('19.99', 'EUR')` → 1999n. Undefined for what is no amount, or has more decimals than the currency. */
export function parseAmount(text: string, currency: string): bigint | undefined {
  const decimals = currencyDecimals(currency)
  const match = /^(\d{1,15})(?:\.(\d+))?$/.exec(text)
  const [, whole = '', fraction = ''] = match ?? []
  if (decimals === undefined || !match || fraction.length > decimals) return undefined
  return BigInt(`${whole}${fraction.padEnd(decimals, '0')}`)
}

/** `(1999n, 'EUR')` → '19.99': what `parseAmount` reads back. */
export function formatAmount(minorUnits: bigint, currency: string): string {
  const decimals = currencyDecimals(currency) ?? 0
  const digits = minorUnits.toString().padStart(decimals + 1, '0')
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}
