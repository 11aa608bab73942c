import { expect, test } from 'vitest'
import { currencyDecimals, formatAmount, parseAmount } from './money.ts'

test.each([
  ['19.99', 'EUR', 1999n],
  ['19.9', 'EUR', 1990n],
  ['19', 'EUR', 1900n],
  ['1500', 'JPY', 1500n],
  ['1.234', 'KWD', 1234n],
  ['0', 'EUR', 0n],
])('%s %s is %s minor units, and reads the same after it was written', (text, currency, minorUnits) => {
  expect(parseAmount(text, currency)).toBe(minorUnits)
  expect(parseAmount(formatAmount(minorUnits, currency), currency)).toBe(minorUnits)
})

test.each([
  ['19.999', 'EUR'],
  ['1.5', 'JPY'],
  ['-1', 'EUR'],
  ['1e3', 'EUR'],
  ['', 'EUR'],
  ['.5', 'EUR'],
])('%s %s is no price: nobody is charged something that was rounded', (text, currency) => {
  expect(parseAmount(text, currency)).toBeUndefined()
})

test.each(['XAU', 'XTS', 'XXX', 'ABC', 'eur', '__proto__', ''])('%s is no currency to pay with', (currency) => {
  expect(currencyDecimals(currency)).toBeUndefined()
})
