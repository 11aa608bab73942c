import { expect, test } from 'vitest'
import { parseBytes, parseCount, parseCpu } from './quantity.ts'

test.each([
  ['100m', 100],
  ['0.1', 100],
  ['2', 2000],
  ['1.5', 1500],
  ['.5', 500],
  ['250000000n', 250],
  ['100u', 1],
  ['0', 0],
  [4, 4000],
])('cpu %s is %d millicores, as the scheduler counts', (quantity, millicores) => {
  expect(parseCpu(quantity)).toBe(millicores)
})

test.each([
  ['128Mi', 128 * 2 ** 20],
  ['1Gi', 2 ** 30],
  ['1G', 1e9],
  ['1.5Gi', 1.5 * 2 ** 30],
  ['1e3', 1000],
  ['12E', 12e18],
  ['2E2', 200],
  ['100', 100],
  ['1500m', 2],
  ['24612536Ki', 24612536 * 1024],
])('memory %s is %d bytes', (quantity, bytes) => {
  expect(parseBytes(quantity)).toBe(bytes)
})

test('counts are plain numbers', () => expect(parseCount('110')).toBe(110))

test.each(['', 'Mi', '1 Gi', '1gi', '1GiB', '--1', 'NaN', '1e', '0x10'])(
  '%j is refused, as Kubernetes would',
  (text) => {
    expect(() => parseBytes(text)).toThrow('is not a Kubernetes quantity')
  },
)
