import { describe, expect, it } from 'vitest'
import { parseTemplate } from '../../workload/compose/parse.ts'
import { connectionOf, manifests } from '../../workload/manifests/index.ts'
import { readWorkloadSpec } from '../../workload/spec.ts'
import { inputOf, seedSource } from '../../workload/test/sample.ts'
import { seedCatalog, seedCategories } from './index.ts'

describe.each(seedCatalog)('the seeded $slug', (seed) => {
  const result = parseTemplate(seedSource(seed), { file: seed.file })
  if (!result.ok) throw new Error(JSON.stringify(result.refusals))

  it('is accepted without a warning, and restricted wherever it can be', () => {
    expect(result.warnings).toEqual([])
    const isNumeric = result.spec.services.every(({ user }) => user !== undefined && user.uid > 0)
    expect(result.spec.isolation).toBe(isNumeric ? 'restricted' : 'baseline')
  })

  it('pins its images, proves that they work, and can be saved where it keeps data', () => {
    for (const { image, healthcheck, kind } of result.spec.services) {
      expect(image).toMatch(/:[^:]*\d/)
      expect(kind === 'stateless' || healthcheck !== undefined).toBe(true)
    }
    expect(result.spec.backup !== undefined).toBe(result.spec.volumes.length > 0)
  })

  it('is found by its tags, and says where to read on', () => {
    expect(result.entry.tags.length).toBeGreaterThan(2)
    expect(result.entry.documentation).toMatch(/^https:/)
    expect(seed.icon).toBeDefined()
  })

  it('means the same after it was stored', () => {
    expect(readWorkloadSpec(JSON.parse(JSON.stringify(result.spec)))).toEqual(result.spec)
  })

  it('tells the customer how to connect, on every plan', () => {
    for (const plan of seed.plans) {
      expect(connectionOf(inputOf(result.spec, { plan })).length).toBeGreaterThan(0)
      expect(manifests(inputOf(result.spec, { plan })).length).toBeGreaterThan(10)
    }
  })

  it('stands in a category, and has storage to sell where it keeps data', () => {
    expect(seedCategories.map(({ slug }) => slug)).toContain(seed.category)
    expect(seed.plans.every(({ storageBytes }) => storageBytes > 0 === result.spec.volumes.length > 0)).toBe(true)
  })
})
