import { describe, expect, it } from 'vitest'
import { refusalsOf, workloadOf } from '../test/sample.ts'
import { parseTemplate } from './parse.ts'

describe('what is not YAML says where and why', () => {
  it.each([
    ['services:\n  a: *nothing\n', 2, 'nothing before it is called &nothing'],
    [
      'services:\n  a: { image: b }\n---\nmore: 1\n',
      3,
      'a template is one document, and after `---` another one begins',
    ],
    ['services:\n  a: { image: "b\0" }\n', 2, 'it holds the character U+0000'],
    [
      'services:\n  a: { image: b, command: ["\\0"] }\n',
      2,
      'a text holds `\\0` or half of a surrogate pair: take it out',
    ],
    ['services:\n  a:\n    "\\ud800": b\n', 3, 'a text holds `\\0` or half of a surrogate pair: take it out'],
    [Buffer.from('services:\n', 'utf16le').toString(), 1, 'it holds the character U+0000'],
  ])('%j', (text, line, message) => {
    expect(refusalsOf(text)).toMatchObject([
      { code: 'YAML_INVALID', line, message: `This is not valid YAML: ${message}` },
    ])
  })

  it('and aliases that repeat too much are no slip of the pen', () => {
    const layers = [...'abcdefgh'].map((name, index, all) => {
      const inner = index === 0 ? 'x' : `*${all[index - 1]}`
      return `${name}: &${name} [${Array<string>(9).fill(inner).join(', ')}]`
    })
    expect(refusalsOf(`${layers.join('\n')}\n`)).toMatchObject([{ code: 'TEMPLATE_TOO_LARGE' }])
  })
})

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('')

/** Each of these is less than a mebibyte, and took a minute or all of the memory. */
describe('a small text that comes to much is refused before it is written out', () => {
  it.each([
    [
      'merges',
      `x: &x\n${lines(20_000, (n) => `  a${n}: 1\n`)}services:\n${lines(3000, (n) => `  s${n}: { <<: *x }\n`)}`,
    ],
    [
      'a long text',
      `services:\n  a:\n    image: b\n    labels:\n      a: &a "${'$$'.repeat(400_000)}"\n${lines(900, (n) => `      b${n}: *a\n`)}`,
    ],
    ['a list that holds itself', 'services: &a\n  b: [*a]\n'],
    [
      'services that extend one',
      `services:\n  b:\n    image: a\n    environment:\n${lines(24_000, (n) => `      A${n}: 1\n`)}${lines(98, (n) => `  s${n}: { extends: b, environment: { Z: 1 } }\n`)}`,
    ],
  ])('%s', (_, text) => {
    const started = performance.now()
    expect(refusalsOf(text)).toMatchObject([{ code: 'TEMPLATE_TOO_LARGE' }])
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

it('what is said of a text is short, however long the text is', () => {
  const long = 'x'.repeat(100_000)
  const said = [
    `services: { a: { image: b, mem_limit: ${long} } }`,
    `services: { a: { image: b, container_name: $${long} } }`,
    `services: { a: { image: b } }\nx-berth: { ${long}: 1 }`,
  ].flatMap(refusalsOf)
  expect(said.length).toBe(3)
  for (const { message } of said) expect(message.length).toBeLessThan(600)
})

describe('aliases and merges are written out', () => {
  const environmentOf = (text: string): [string, unknown][] =>
    (workloadOf(text).services[0]?.environment ?? []).map(({ name, value }) => [name, value[0]])

  it('with what stands nearer before what is merged, and of that the first', () => {
    const text = `
x-one: &one { A: one, B: one }
x-two: &two { A: two, B: two, C: two }
services:
  web:
    image: nginx:1
    environment: { B: own, <<: [*one, *two], "<<": text, D: &d own, E: *d }
`
    const found = parseTemplate(text)
    expect(found.ok ? [] : found.refusals).toMatchObject([{ code: 'ENVIRONMENT_NAME_INVALID' }])
    expect(environmentOf(text.replace('"<<": text, ', ''))).toEqual(
      Object.entries({ B: 'own', A: 'one', C: 'two', D: 'own', E: 'own' }),
    )
  })

  it('and an anchor that is set again means the last one before its alias', () => {
    const text = `
services:
  web:
    image: nginx:1
    environment: { A: &a one, B: *a, C: &a two, D: *a }
`
    expect(environmentOf(text)).toEqual(Object.entries({ A: 'one', B: 'one', C: 'two', D: 'two' }))
  })
})

describe('numbers as they were written', () => {
  it('are found in a large map as soon as in a small one', () => {
    const variables = Array.from({ length: 20_000 }, (_, index) => `      A${index}: 1.50\n`).join('')
    const started = performance.now()
    refusalsOf(`services:\n  a:\n    image: b\n    environment:\n${variables}`)
    // Comparing each key with each took twenty seconds.
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

/** Each took half a minute or more, while the server answered nobody. */
describe('time grows with a text, and not with its square', () => {
  const service = 'services:\n  web:\n    image: a\n'
  const pattern = 'a{1000}'.repeat(71)
  it.each([
    ['slashes in a path', `${service}    volumes: ["a:/${'/'.repeat(300_000)}x"]\n`, true],
    ['slashes in a source', `${service}    volumes: ["./x${'/'.repeat(200_000)}:/y"]\n`, true],
    [
      'large patterns',
      `${service}x-berth:\n  parameters:\n${lines(1000, (n) => `    A${n}: { pattern: "${pattern}${n}" }\n`)}`,
      false,
    ],
    [
      'patterns of many choices',
      `${service}x-berth:\n  parameters:\n    A: { pattern: "${'a{1000}'.repeat(4)}|x", enum: [${'x, '.repeat(20_000)}] }\n`,
      true,
    ],
  ])('%s', (_, text, ok) => {
    const started = performance.now()
    expect(parseTemplate(text).ok).toBe(ok)
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})
