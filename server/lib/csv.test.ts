import { expect, test } from 'vitest'
import { csvLine } from './csv.ts'

test.each([
  ['=HYPERLINK("http://evil.example")', `"'=HYPERLINK(""http://evil.example"")"`],
  ['+1', "'+1"],
  ['-2+3', "'-2+3"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t=1"],
  ['\r=1', `"'\r=1"`],
])('a name such as %o runs nothing in a spreadsheet', (text, cell) => {
  expect(csvLine([text])).toBe(`${cell}\r\n`)
})

test('commas, quotes and line ends stay in their cell', () => {
  expect(csvLine(['a,b', 'say "so"', 'two\nlines', 'plain'])).toBe('"a,b","say ""so""","two\nlines",plain\r\n')
})

test('what is absent is empty, and times are those of the API', () => {
  expect(csvLine([null, undefined, 7, true, new Date(0)])).toBe(',,7,true,1970-01-01T00:00:00.000Z\r\n')
})
