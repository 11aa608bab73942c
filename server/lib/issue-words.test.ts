import { expect, test } from 'vitest'
import { z } from 'zod'
import { issueWords } from './issue-words.ts'

const schema = z.strictObject({
  text: z.string().min(1).max(3),
  longer: z.string().min(2),
  whole: z.int().min(1).max(9),
  above: z.number().gt(0),
  even: z.number().multipleOf(2),
  flag: z.boolean(),
  list: z.array(z.string()).max(1),
  map: z.record(z.string().max(3), z.string()),
  choice: z.enum(['a', 'b']),
  only: z.literal('DELETE'),
  day: z.iso.date(),
  moment: z.iso.datetime(),
  either: z.union([z.string(), z.number()]),
  own: z.string('says it itself'),
})
const good = {
  ...{ text: 'a', longer: 'ab', whole: 1, above: 1, even: 2, flag: true, list: [], map: {}, choice: 'a' },
  ...{ only: 'DELETE', day: '2026-01-31', moment: '2026-01-31T12:00:00Z', either: 1, own: '' },
}
const wordsFor = (field: string, value: unknown): string[] =>
  schema.safeParse({ ...good, [field]: value }, { error: issueWords }).error?.issues.map(({ message }) => message) ?? []

test.each([
  ['text', undefined, 'is missing'],
  ['text', null, 'must be a string, and is null'],
  ['text', ['a'], 'must be a string, and is a list'],
  ['text', '', 'must not be empty'],
  ['text', 'abcd', 'must have at most 3 characters'],
  ['longer', 'a', 'must have at least 2 characters'],
  ['whole', '1', 'must be a number, and is a string'],
  ['whole', 1.5, 'must be a whole number, and is a number'],
  ['whole', 10, 'must be at most 9'],
  ['above', 0, 'must be more than 0'],
  ['even', 3, 'must be a multiple of 2'],
  ['flag', 'yes', 'must be true or false, and is a string'],
  ['list', ['a', 'b'], 'must have at most 1 entry'],
  ['list', {}, 'must be a list, and is an object'],
  ['map', { long: 'a' }, 'must have at most 3 characters'],
  ['map', true, 'must be an object, and is true'],
  ['choice', 'c', 'must be one of a, b'],
  ['choice', undefined, 'is missing'],
  ['only', 'delete', 'must be DELETE'],
  ['day', '31.1.2026', 'must be a day such as 2026-01-31'],
  ['moment', 'today', 'must be a moment such as 2026-01-31T12:00:00Z'],
  ['either', undefined, 'is missing'],
  ['either', true, 'has none of the forms that are allowed here'],
  ['map2', 1, 'holds what is not known: map2'],
  ['own', 1, 'says it itself'],
])('%s: %j %s', (field, value, words) => {
  expect(wordsFor(field, value)).toEqual([words])
})
