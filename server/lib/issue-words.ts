import type { z } from 'zod'

/**
 * What is wrong with a value, as the end of a sentence that begins with its place: "/name is missing". For what a
 * schema says nothing of itself: to be given to `safeParse` as `error`.
 */
export function issueWords(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? 'is missing'
        : `must be ${kindName(issue.expected)}, and is ${kindOf(issue.input)}`
    case 'invalid_value':
      return issue.input === undefined ? 'is missing' : `must be ${anyOf(issue.values)}`
    case 'too_small':
      return boundWords(issue.origin, Number(issue.minimum), issue.inclusive === false ? 'more than' : 'at least')
    case 'too_big':
      return boundWords(issue.origin, Number(issue.maximum), issue.inclusive === false ? 'less than' : 'at most')
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    case 'invalid_format':
      return formats[issue.format]
    case 'unrecognized_keys':
      return `holds what is not known: ${issue.keys.slice(0, mostShown).join(', ').slice(0, 200)}`
    case 'invalid_key':
      return issue.issues[0]?.message
    case 'invalid_union':
      return issue.input === undefined ? 'is missing' : 'has none of the forms that are allowed here'
    default:
      return undefined
  }
}

const mostShown = 5

/** What a format asks for, by example. */
const formats: Readonly<Record<string, string>> = {
  date: 'must be a day such as 2026-01-31',
  datetime: 'must be a moment such as 2026-01-31T12:00:00Z',
  email: 'is not an e-mail address',
  uuid: 'is not a UUID',
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}
const kindName = (expected: string): string => kinds[expected] ?? expected

/** What a JSON value is, in the words of these sentences. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'boolean') return String(value)
  if (Number.isNaN(value)) return 'no number'
  return kindName(typeof value)
}

const anyOf = (values: readonly z.core.util.Primitive[]): string => {
  const [first, ...rest] = values.map(String)
  return rest.length === 0 ? `${first}` : `one of ${[first, ...rest].join(', ')}`
}

function boundWords(origin: string, bound: number, how: string): string {
  if (origin === 'string')
    return bound === 1 && how === 'at least' ? 'must not be empty' : `must have ${how} ${counted(bound, 'character')}`
  if (origin === 'array') return `must have ${how} ${counted(bound, 'entry', 'entries')}`
  return `must be ${how} ${bound}`
}

const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`
