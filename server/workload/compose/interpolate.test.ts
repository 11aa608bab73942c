import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ParameterSpec, ValueTemplate } from '../spec.ts'
import { render } from '../render.ts'
import { interpolate } from './interpolate.ts'
import { parseTemplate } from './parse.ts'
import { createReport } from './report.ts'
import { createVariables } from './variables.ts'

const parameter = (name: string): ParameterSpec => {
  const rest = { title: name, secret: false, immutable: false, required: false, inferred: false }
  return { name, type: 'string', ...rest }
}

function evaluate(text: string, given: Record<string, string>): string {
  const declared = ['SET', 'EMPTY', 'UNSET', 'A', 'B'].map(parameter)
  const report = createReport(() => 1, undefined)
  const variables = createVariables({ report, declared, services: new Map() })
  const template: ValueTemplate = variables.read(text, [])
  expect(report.refused).toEqual([])
  const context = {
    parameters: new Map(variables.parameters().map((found) => [found.name, found])),
    given,
    secrets: {},
    urlOf: String,
    hostOf: String,
    addressOf: String,
  }
  return render(template, context).text
}

describe('variables mean what the Compose specification says', () => {
  const given = { SET: 'value', EMPTY: '' }
  it.each([
    ['plain', 'plain'],
    ['$SET', 'value'],
    ['${SET}', 'value'],
    ['${UNSET}', ''],
    ['a$SET-b', 'avalue-b'],
    ['${SET:-x}', 'value'],
    ['${EMPTY:-x}', 'x'],
    ['${UNSET:-x}', 'x'],
    ['${SET-x}', 'value'],
    ['${EMPTY-x}', ''],
    ['${UNSET-x}', 'x'],
    ['${SET:+x}', 'x'],
    ['${EMPTY:+x}', ''],
    ['${UNSET:+x}', ''],
    ['${SET+x}', 'x'],
    ['${EMPTY+x}', 'x'],
    ['${UNSET+x}', ''],
    ['${SET:?needed}', 'value'],
    ['${SET?needed}', 'value'],
    ['${UNSET:-${SET}}', 'value'],
    ['${UNSET:-${EMPTY:-${SET:+deep}}}', 'deep'],
    ['${UNSET:-a$$b}', 'a$b'],
    ['${UNSET:-http://h:80/p?q=1}', 'http://h:80/p?q=1'],
    ['${UNSET:-}', ''],
    ['$$SET', '$SET'],
    ['$$$SET', '$value'],
    ['$${SET}', '${SET}'],
    ['}{', '}{'],
    ['${UNSET:-{}', '{'],
  ])('%s', (text, expected) => {
    expect(evaluate(text, given)).toBe(expected)
  })

  it.each(['$', 'a$', '${', '${}', '${SET', '${1}', '$1', '$(date)', '${SET:}', '${SET!x}', '${SET:-${B}', '${ SET}'])(
    'refuses %s, which Compose refuses too',
    (text) => {
      expect(interpolate(text).ok).toBe(false)
    },
  )

  it('asks the order for what `:?` needs', () => {
    const report = createReport(() => 1, undefined)
    const variables = createVariables({ report, declared: [], services: new Map() })
    variables.read('${LICENSE:-none}', [])
    variables.read('${LICENSE:?a license is needed}', [])
    expect(variables.parameters()).toMatchObject([{ name: 'LICENSE', required: true, inferred: true }])
  })

  /** The meaning, told a second time: of a tree that was never text. */
  type Tree = readonly (string | { name: string; operator?: string; argument: Tree })[]
  const meaningOf = (tree: Tree, values: Record<string, string | undefined>): string =>
    tree
      .map((part) => {
        if (typeof part === 'string') return part
        const value = values[part.name]
        const counts = part.operator?.startsWith(':') ? Boolean(value) : value !== undefined
        if (part.operator?.endsWith('-')) return counts ? value : meaningOf(part.argument, values)
        if (part.operator?.endsWith('+')) return counts ? meaningOf(part.argument, values) : ''
        return value ?? ''
      })
      .join('')
  const written = (tree: Tree): string =>
    tree
      .map((part) => {
        if (typeof part === 'string') return part.replaceAll('$', '$$$$')
        return `\${${part.name}${part.operator === undefined ? '' : part.operator + written(part.argument)}}`
      })
      .join('')
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.array(
      fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.string().map((text) => text.replaceAll('}', '')),
        fc.record({ name: fc.constantFrom('SET', 'EMPTY', 'UNSET'), argument: fc.constant([]) }),
        fc.record({
          name: fc.constantFrom('SET', 'EMPTY', 'UNSET'),
          operator: fc.constantFrom(':-', '-', ':+', '+'),
          argument: tie('tree'),
        }),
      ),
      { maxLength: 4 },
    ),
  }))

  it('means what the tree that a text was written from means', () => {
    fc.assert(
      fc.property(tree, (expected) => {
        const values = { SET: 'value', EMPTY: '', UNSET: undefined }
        expect(evaluate(written(expected), given)).toBe(meaningOf(expected, values))
      }),
      { numRuns: 500 },
    )
  })

  it('gives text back as it was once its dollars are doubled', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(evaluate(text.replaceAll('$', '$$$$'), {})).toBe(text)
      }),
    )
  })

  it('ends for every text, in an expression or at an offset inside it', () => {
    const piece = fc.constantFrom('$', '{', '}', ':', '-', '?', '+', 'A', '1', '${A', '${A:-', ' ')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const text = pieces.join('')
        const result = interpolate(text)
        if (!result.ok) expect(result.offset).toBeLessThan(text.length)
      }),
    )
  })

  it('is not brought down by nesting', () => {
    expect(interpolate('${A:-'.repeat(100_000)).ok).toBe(false)
  })
})

it('a variable that one text may do without and another requires is said to be required, where it is', () => {
  const text = `
services:
  web:
    image: a
    environment: { A: "$NAME", B: "\${NAME:?who?}" }
`
  const result = parseTemplate(text)
  expect(result.ok && result.spec.parameters).toMatchObject([{ name: 'NAME', required: true, description: 'who?' }])
  expect(result.warnings).toMatchObject([
    {
      code: 'PARAMETER_INFERRED',
      path: '/services/web/environment/B',
      message: 'NAME is not declared: it becomes a required parameter.',
    },
  ])
})
