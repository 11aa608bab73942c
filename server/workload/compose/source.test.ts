import { describe, expect, it } from 'vitest'
import { refusalsOf } from '../test/sample.ts'

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

describe('numbers as they were written', () => {
  it('are found in a large map as soon as in a small one', () => {
    const variables = Array.from({ length: 20_000 }, (_, index) => `      A${index}: 1.50\n`).join('')
    const started = performance.now()
    refusalsOf(`services:\n  a:\n    image: b\n    environment:\n${variables}`)
    // Comparing each key with each took twenty seconds.
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})
