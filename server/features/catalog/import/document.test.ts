import { describe, expect, it } from 'vitest'
import { readServiceDocument } from './document.ts'

const head = 'berth: service/v1\nslug: a\nname: A\ncategory: tools\n'

describe('a document of a service is read as bounded as a template', () => {
  it('with thousands of keys, which were compared each with each for minutes', () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `key${index}: 1\n`).join('')
    const started = performance.now()
    const read = readServiceDocument(head + keys)
    expect(performance.now() - started).toBeLessThan(5_000)
    expect(read.ok ? '' : read.problems[0]).toBe('/ holds what is not known: key0, key1, key2, key3, key4')
  })

  it.each([
    [`${head}slug: b\n`, 'line 5: This is not valid YAML: the key "slug" is there twice'],
    [`${head}tags: &a [*a]\n`, 'line 1: The template is nested more than 40 levels deep.'],
    [`${head}plans: [\n`, /^line \d+: This is not valid YAML/],
    ['- berth: service/v1\n', '/ must be an object, and is a list'],
    ['', '/ must be an object, and is null'],
  ])('%j', (text, problem) => {
    const read = readServiceDocument(text)
    expect(read.ok ? [] : read.problems).toEqual([
      typeof problem === 'string' ? problem : (expect.stringMatching(problem) as unknown),
    ])
  })

  it('and as JSON too, with prices as numbers or texts', () => {
    const plan = { slug: 's', name: 'S', price: 9.5, currency: 'EUR', cpuMillicores: 1, memoryBytes: 1 }
    const text = JSON.stringify(
      { berth: 'service/v1', slug: 'a', name: 'A', category: 'tools', plans: [plan] },
      null,
      2,
    )
    expect(readServiceDocument(text)).toMatchObject({ ok: true, document: { plans: [{ price: '9.5' }] } })
  })
})
