import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readSearch } from './search.ts'

test.each([
  ['postg', { words: '', beginning: 'postg', joinedBy: 'and' }],
  ['relational data', { words: 'relational', beginning: 'data', joinedBy: 'and' }],
  ['mysql or postg', { words: 'mysql', beginning: 'postg', joinedBy: 'or' }],
  ['or', { words: '', beginning: 'or', joinedBy: 'and' }],
  ['database -mysql', { words: 'database -mysql', beginning: undefined, joinedBy: 'and' }],
  ['"key value', { words: '"key value', beginning: undefined, joinedBy: 'and' }],
  ['"key value" stor', { words: '"key value"', beginning: 'stor', joinedBy: 'and' }],
  ['c++', { words: 'c++', beginning: undefined, joinedBy: 'and' }],
  ['key-value', { words: 'key-value', beginning: undefined, joinedBy: 'and' }],
  ['Überw', { words: '', beginning: 'Überw', joinedBy: 'and' }],
])('%s', (text, wanted) => {
  expect(readSearch(text)).toEqual(wanted)
})

test('nothing that is typed becomes an operator of the database', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const { beginning } = readSearch(text)
      if (beginning !== undefined) expect(beginning).toMatch(/^[\p{L}\p{N}]+$/u)
    }),
  )
})
