import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addLists, canonicalQuantity, compareQuantity, formatQuantity, parseQuantity } from './quantity.ts'

describe('quantities', () => {
  test.each([
    ['0.5', '500m'],
    ['1024Mi', '1Gi'],
    ['1000m', '1'],
    ['1.5Gi', '1536Mi'],
    ['1e3', '1e3'],
    ['1000', '1k'],
    ['0', '0'],
    ['0Mi', '0'],
    ['-1', '-1'],
    ['1500Mi', '1500Mi'],
    ['100M', '100M'],
    ['.5', '500m'],
  ])('%s is stored as %s, as Kubernetes does', (given, stored) => {
    expect(canonicalQuantity(given)).toBe(stored)
  })

  test.each(['', 'x', '1GB', '1 Gi', 'Mi', '1..0', '--1'])('%j is no quantity', (text) => {
    expect(canonicalQuantity(text)).toBeUndefined()
  })

  test('the canonical form means the same and is stable', () => {
    const suffix = fc.constantFrom('', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi')
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), suffix, (number, unit) => {
        const text = `${number}${unit}`
        const canonical = canonicalQuantity(text) ?? ''
        expect(compareQuantity(text, canonical)).toBe(0)
        expect(canonicalQuantity(canonical)).toBe(canonical)
      }),
    )
  })

  test('sums are exact across units', () => {
    expect(addLists({ cpu: '100m', memory: '1Gi' }, { cpu: '0.9', memory: '512Mi', pods: '1' })).toEqual({
      cpu: '1',
      memory: '1536Mi',
      pods: '1',
    })
    const sum = parseQuantity('9007199254740993')
    expect(sum && formatQuantity(sum)).toBe('9007199254740993')
  })
})
