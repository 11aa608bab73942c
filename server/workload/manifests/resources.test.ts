import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { workloadOf } from '../test/sample.ts'
import { claimsOf } from './claims.ts'
import { inputOf } from '../test/sample.ts'
import { apportion, shareResources } from './resources.ts'
import { shortagesOf } from './shortages.ts'

const weight = fc.double({ min: 0.01, max: 1000, noNaN: true })

describe('sharing a plan out', () => {
  it('gives away exactly what there is, and something to everybody', () => {
    fc.assert(
      fc.property(
        fc.array(weight, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 30, max: 2 ** 45 }),
        (weights, total) => {
          const shares = apportion(total, weights)
          expect(shares.reduce((a, b) => a + b, 0)).toBe(total)
          expect(shares.every((share) => Number.isSafeInteger(share) && share >= 1)).toBe(true)
        },
      ),
    )
  })

  const shape = fc.record({
    replicas: fc.integer({ min: 1, max: 5 }),
    cpus: fc.double({ min: 0.1, max: 8, noNaN: true }),
    once: fc.boolean(),
  })
  it('never sells more than the plan, whatever services and copies there are', () => {
    fc.assert(
      fc.property(
        fc.array(shape, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 100, max: 8000 }),
        (services, replicas, cpuMillicores) => {
          const lines = services.map(
            ({ replicas: copies, cpus, once }, index) =>
              `  s${index}: { image: a, ${once ? 'restart: "no", ' : ''}deploy: { replicas: ${copies}, resources: { limits: { cpus: ${cpus} } } } }`,
          )
          const spec = workloadOf(`services:\n${lines.join('\n')}\n`)
          const plan = { cpuMillicores, memoryBytes: 2 ** 30, storageBytes: 0, replicas }
          const shares = shareResources(spec, plan)
          const lasting = spec.services.filter(({ kind }) => kind !== 'job').map(({ name }) => shares.get(name))
          const cpu = lasting.reduce((sum, share) => sum + (share?.cpuMillicores ?? 0) * (share?.replicas ?? 0), 0)
          const memory = lasting.reduce((sum, share) => sum + (share?.memoryBytes ?? 0) * (share?.replicas ?? 0), 0)
          expect(cpu).toBeLessThanOrEqual(cpuMillicores)
          expect(memory).toBeLessThanOrEqual(2 ** 30)
          expect([...shares.values()].every((share) => share.replicas <= replicas)).toBe(true)
        },
      ),
      { numRuns: 150 },
    )
  })

  it.each([
    [{}, []],
    [{ storageBytes: 0 }, ['no storage for its volumes']],
    [{ storageBytes: 2 ** 21 - 1 }, ['less storage than a mebibyte for each of its 2 volumes']],
    [{ memoryBytes: 2 ** 23 - 1 }, ['less memory than four mebibytes for one of its services']],
    [{ cpuMillicores: 1 }, ['fewer millicores than the 2 copies that run']],
    [{ cpuMillicores: 2, memoryBytes: 3 * 2 ** 22, storageBytes: 2 ** 21 }, []],
  ])('a plan of %j is short of %j', (changes, shortages) => {
    const text = 'services: { a: { image: a, volumes: [b:/b, c:/c] }, d: { image: d }, e: { image: e, restart: "no" } }'
    const plan = { cpuMillicores: 100, memoryBytes: 2 ** 27, storageBytes: 2 ** 30, replicas: 1, ...changes }
    expect(shortagesOf(workloadOf(text), plan)).toEqual(shortages)
  })

  it('shares the storage out between the volumes, in their proportion', () => {
    const spec = workloadOf(`
services:
  a: { image: a, volumes: ['data:/data', 'logs:/logs'] }
x-berth:
  volumes: { data: { share: 3 } }
`)
    expect(claimsOf(inputOf(spec)).map(({ volume, sizeBytes }) => [volume, sizeBytes])).toEqual([
      ['data', 0.75 * 2 ** 30],
      ['logs', 0.25 * 2 ** 30],
    ])
  })

  it('never asks for a smaller claim, or another class, than exists', () => {
    const spec = workloadOf('services:\n  a: { image: a, volumes: [data:/data] }\n')
    const existingClaims = { data: { sizeBytes: 2 ** 40, storageClass: 'old' } }
    const input = inputOf(spec, { existingClaims, cluster: { storageClass: 'new', blockedCidrs: [] } })
    expect(claimsOf(input)).toMatchObject([{ sizeBytes: 2 ** 40, storageClass: 'old' }])
  })
})
