import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seedCatalog } from '../../db/catalog/index.ts'
import { manifests } from '../manifests/index.ts'
import { inputOf, seedSource } from '../test/sample.ts'
import { parseTemplate } from './parse.ts'

const seeds = seedCatalog.map(seedSource)
const scrap = fc.constantFrom(
  ...[
    '${',
    '}',
    '$',
    '$$',
    '&a ',
    '*a',
    '<<: ',
    '- ',
    ': ',
    '\n',
    '  ',
    '"',
    "'",
    '|',
    '>',
    '[',
    ']',
    '{',
    '}',
    '#',
    '!',
  ],
  ...['null', 'true', '0', '-1', '1e400', '__proto__', 'services:', '\u0000', '\ud800', '🐘', '/', '..', '---\n', '\t'],
)

/** Whatever happens to a template, it ends in a workload that can be built or in refusals that name a line. */
function check(text: string): void {
  const result = parseTemplate(text)
  if (result.ok) expect(manifests(inputOf(result.spec)).length).toBeGreaterThan(5)
  else expect(result.refusals.every(({ line, code }) => line >= 1 && code !== '')).toBe(true)
}

describe('no text brings the parser down', () => {
  it('when templates are cut, stuffed and shuffled', () => {
    const change = fc.record({
      at: fc.nat(),
      drop: fc.integer({ min: 0, max: 30 }),
      put: fc.array(scrap, { maxLength: 4 }),
    })
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.array(change, { minLength: 1, maxLength: 6 }), (seed, changes) => {
        const mutated = changes.reduce((text, { at, drop, put }) => {
          const offset = at % (text.length + 1)
          return text.slice(0, offset) + put.join('') + text.slice(offset + drop)
        }, seed)
        check(mutated)
      }),
      { numRuns: 700 },
    )
  })

  it('when every value has another type', () => {
    const value = fc.oneof(
      fc.string(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.array(fc.jsonValue()),
      fc.jsonValue(),
    )
    const keys = [
      'image',
      'command',
      'environment',
      'ports',
      'volumes',
      'healthcheck',
      'depends_on',
      'user',
      'deploy',
      'configs',
    ]
    const service = fc.dictionary(
      fc.constantFrom(...keys, 'links', 'networks', 'tmpfs', 'restart', 'sysctls', 'extra_hosts'),
      value,
    )
    const document = fc.record(
      { services: fc.dictionary(fc.string(), fc.oneof(service, value)), 'x-berth': value },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(document, (json) => check(JSON.stringify(json))),
      { numRuns: 700 },
    )
  })

  it.each([
    [
      'an alias bomb',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'.replaceAll(/./g, (key) => `${key}: &${key} [${`*${String.fromCharCode(key.charCodeAt(0) - 1)},`.repeat(9)}]\n`)}`,
    ],
    [
      'a merge bomb',
      `a: &a { k: v }\n${'bcdefghij'.replaceAll(/./g, (key) => `${key}: &${key}\n${Array.from({ length: 9 }, (_, n) => `  k${n}: *${String.fromCharCode(key.charCodeAt(0) - 1)}\n`).join('')}`)}`,
    ],
    ['an anchor that holds itself', 'services: &a { web: *a }\n'],
    ['bytes for a key', 'services: { web: { image: a, ? !!binary aGVsbG8= : b } }'],
    ['sets and dates', '%YAML 1.1\n---\nservices: !!set { web, 2001-01-01 }\n'],
    ['a list for a key', 'services: { web: { image: a, ? [b] : c } }'],
    ['10 MB', 'a'.repeat(10_000_000)],
    ['a million brackets', '['.repeat(1_000_000)],
    ['brackets below the limit of size', `services: ${'['.repeat(90)}${']'.repeat(90)}`],
    ['deep indentation', Array.from({ length: 1200 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('')],
    ['deep sequences', `${'- '.repeat(200_000)}a`],
    ['a thousand variables in a variable', `services: { web: { image: a, command: "${'${A:-'.repeat(1000)}" } }`],
    ['a megabyte of one value', `services: { web: { image: a, environment: { A: "${'$$'.repeat(400_000)}" } } }`],
    [
      'many keys',
      `services:\n  web:\n    image: a\n${Array.from({ length: 30_000 }, (_, n) => `    k${n}: 1\n`).join('')}`,
    ],
    [
      'many variables',
      `services:\n  web:\n    image: a\n    environment:\n${Array.from({ length: 20_000 }, (_, n) => `      K${n}: $V${n}\n`).join('')}`,
    ],
    [
      'a key called __proto__',
      'services:\n  __proto__: { image: a }\n  web: { image: a, environment: { __proto__: x, constructor: y } }\n',
    ],
  ])('%s ends within seconds', (_, text) => {
    const start = performance.now()
    check(text)
    expect(performance.now() - start).toBeLessThan(10_000)
  })
})
