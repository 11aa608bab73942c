import { expect, test } from 'vitest'
import { hintOf, isTokenLike, isWellFormed, newToken } from './token.ts'

test('a token with one character mistyped, missing or doubled is told from a real one without a query', () => {
  const token = newToken()
  expect(isWellFormed(token)).toBe(true)
  for (let index = 'berth_pat_'.length; index < token.length; index++) {
    const other = token[index] === 'x' ? 'y' : 'x'
    expect(isWellFormed(token.slice(0, index) + other + token.slice(index + 1))).toBe(false)
    expect(isWellFormed(token.slice(0, index) + token.slice(index + 1))).toBe(false)
  }
  expect(isTokenLike(token.slice(0, -1))).toBe(true)
})

test('what lists show does not let anybody guess the rest', () => {
  const token = newToken()
  expect(hintOf(token)).toMatch(/^berth_pat_[0-9A-Za-z]{4}…$/)
  expect(new Set(Array.from({ length: 1000 }, newToken)).size).toBe(1000)
})
