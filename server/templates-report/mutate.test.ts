import { describe, expect, it } from 'vitest'
import { seedCatalog } from '../db/catalog/index.ts'
import { seedSource } from '../workload/test/sample.ts'
import { judge } from './judge.ts'
import { createDice, mutate } from './mutate.ts'

const templates = seedCatalog.map(seedSource)

describe('mutated templates', () => {
  it('never bring the parser down, nor make objects that no cluster would take', () => {
    const dice = createDice(20_250_101)
    const ends = new Set<string>()
    for (let count = 0; count < 1_500; count++) {
      const text = mutate(templates, dice)
      const { verdict } = judge(text, 'mutated')
      ends.add(verdict.is)
      expect(verdict.is === 'crashed' ? `${verdict.reason}\n${text}` : '').toBe('')
      if (verdict.is === 'refused') expect(verdict.refusals.every(({ line, wayOut }) => line >= 1 && wayOut)).toBe(true)
    }
    // Without each of these the mutations would not reach everything.
    expect([...ends].sort()).toEqual(['accepted', 'refused', 'unreadable'])
  })

  it('are the same for the same seed, so that a finding can be looked at again', () => {
    const some = (seed: number) => {
      const dice = createDice(seed)
      return Array.from({ length: 20 }, () => mutate(templates, dice))
    }
    expect(some(7)).toEqual(some(7))
    expect(some(7)).not.toEqual(some(8))
  })
})
