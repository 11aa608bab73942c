/**
 * Lines of CSV (RFC 4180). Spreadsheets run a cell that begins like a formula, whoever wrote it: such a cell gets an
 * apostrophe in front, which they show as text (OWASP, CSV injection).
 */

export type CsvValue = string | number | boolean | bigint | Date | null | undefined

const startsFormula = /^[=+\-@\t\r]/
const needsQuotes = /[",\r\n]/

/** One line with its end. */
export const csvLine = (values: readonly CsvValue[]): string => `${values.map(cellOf).join(',')}\r\n`

function cellOf(value: CsvValue): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return value.toISOString()
  if (typeof value !== 'string') return String(value)
  const safe = startsFormula.test(value) ? `'${value}` : value
  return needsQuotes.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
