import fc from 'fast-check'
import { expect, test } from 'vitest'
import { describeExceeded, exceededBy } from './limits.ts'

const none = { maxSubscriptions: null, maxCpuMillicores: null, maxMemoryBytes: null, maxStorageBytes: null }
const used = { subscriptions: 2, cpuMillicores: 500, memoryBytes: 1024n, storageBytes: 0n }
const asked = { subscriptions: 1, cpuMillicores: 500, memoryBytes: 512n, storageBytes: 0n }

test('without limits everything fits', () => {
  expect(exceededBy(none, used, asked)).toEqual([])
})

test('what is exactly allowed fits, and one more does not', () => {
  expect(exceededBy({ ...none, maxCpuMillicores: 1000 }, used, asked)).toEqual([])
  expect(exceededBy({ ...none, maxCpuMillicores: 999 }, used, asked)).toEqual([
    { resource: 'cpuMillicores', used: 500, asked: 500, allowed: 999 },
  ])
})

test('whoever is above a lowered limit is refused only what needs more of it', () => {
  expect(exceededBy({ ...none, maxStorageBytes: 0n }, { ...used, storageBytes: 5n }, asked)).toEqual([])
  expect(exceededBy({ ...none, maxSubscriptions: 0 }, used, asked)).toHaveLength(1)
})

test('every broken limit is named at once', () => {
  const limits = { maxSubscriptions: 2, maxCpuMillicores: 600, maxMemoryBytes: 1500n, maxStorageBytes: 0n }
  const exceeded = exceededBy(limits, used, { ...asked, storageBytes: 1n })
  expect(exceeded.map(({ resource }) => resource)).toEqual([
    'subscriptions',
    'cpuMillicores',
    'memoryBytes',
    'storageBytes',
  ])
  expect(describeExceeded(exceeded.slice(0, 1))).toBe('2 of 2 subscriptions are used, and 1 asked')
})

test('no series of orders that were let in adds up to more than is allowed', () => {
  const amounts = fc.array(fc.nat(1000), { maxLength: 30 })
  fc.assert(
    fc.property(amounts, fc.nat(5000), (orders, allowed) => {
      let held = 0
      for (const order of orders) {
        const before = { ...used, cpuMillicores: held }
        const fits = exceededBy({ ...none, maxCpuMillicores: allowed }, before, { ...asked, cpuMillicores: order })
        if (fits.length === 0) held += order
      }
      expect(held).toBeLessThanOrEqual(allowed)
    }),
  )
})
