import { z } from 'zod'
import { invalid, type Failure, type FieldError } from '../lib/errors.ts'
import { issueWords, kindOf } from '../lib/issue-words.ts'
import { isStorable } from '../lib/text.ts'

/** Checks of what a request brings, before a handler sees it. */

type Part = 'path' | 'query' | 'body'
const deepest = 32
const longestShown = 100
/** Of a request with thousands of wrong fields, so many are named: an answer must not be larger than its question. */
const mostShown = 20

/** A JSON pointer (RFC 6901) of a place: bare in the body, below /path or /query elsewhere. */
const pointerTo = (part: Part, path: readonly PropertyKey[]): string =>
  [...(part === 'body' ? [] : [part]), ...path]
    .map((step) => `/${String(step).slice(0, longestShown).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')

const invalidRequest = (fields: readonly FieldError[]): Failure => {
  const [first] = fields
  const more = fields.length > 1 ? ` (and ${fields.length - 1} more)` : ''
  return invalid(
    'INVALID_REQUEST',
    `The request is not valid: ${[first?.pointer, first?.detail].filter(Boolean).join(' ')}${more}.`,
    {
      fields: fields.slice(0, mostShown),
    },
  )
}

/**
 * The decoded form of a part of a request. Throws `invalid` INVALID_REQUEST with a pointer to each wrong field; fields
 * that the schema does not know are wrong too, because a misspelt one would otherwise be lost in silence.
 */
export function parsePart<Schema extends z.ZodObject>(part: Part, schema: Schema, value: unknown): z.output<Schema> {
  if (part === 'body' && (typeof value !== 'object' || value === null || Array.isArray(value))) throw noObject(value)
  refuseUnstorable(part, value)
  const read = schema.safeParse(value, { error: issueWords })
  if (read.success) return read.data
  throw invalidRequest(read.error.issues.flatMap((issue) => fieldErrors(part, issue)))
}

/** A body that is absent, or well-formed JSON of another kind. */
export const noObject = (value: unknown): Failure =>
  invalidRequest([
    {
      pointer: '',
      detail: `a JSON object is expected in the body, and it is ${value === undefined ? 'absent' : kindOf(value)}`,
    },
  ])

function fieldErrors(part: Part, issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ pointer: pointerTo(part, [...issue.path, key]), detail: 'is not known' }))
  return [{ pointer: pointerTo(part, issue.path), detail: issue.message }]
}

/**
 * What PostgreSQL cannot store, and what is deeper than any schema of ours (`deepest`): refused here, once, for every
 * route. Iterative, so that depth cannot exhaust the stack.
 */
function refuseUnstorable(part: Part, value: unknown): void {
  const open: { value: unknown; path: readonly PropertyKey[] }[] = [{ value, path: [] }]
  for (let next = open.pop(); next; next = open.pop()) {
    const { value: current, path } = next
    if (typeof current === 'string') refuseText(part, path, current)
    if (typeof current !== 'object' || current === null) continue
    if (path.length >= deepest)
      throw invalidRequest([{ pointer: pointerTo(part, path), detail: 'is nested too deeply' }])
    for (const [key, child] of Object.entries(current)) {
      const at = [...path, key]
      refuseText(part, at, key)
      if (key === '__proto__') throw invalidRequest([{ pointer: pointerTo(part, at), detail: 'is not known' }])
      open.push({ value: child, path: at })
    }
  }
}

function refuseText(part: Part, path: readonly PropertyKey[], text: string): void {
  if (!isStorable(text))
    throw invalidRequest([{ pointer: pointerTo(part, path), detail: 'holds a character that cannot be stored' }])
}

/**
 * The schema as requests are checked with: unknown fields are refused at every level. Throws where a nested object
 * would drop them in silence, so that such a route fails in its first test and not at a customer's.
 */
export function strictly<Schema extends z.ZodObject>(schema: Schema): z.ZodObject {
  for (const [name, field] of fieldsOf(schema)) assertStrict(field, name)
  return schema.strict()
}

const fieldsOf = (schema: { readonly shape: z.core.$ZodShape }) => Object.entries(schema.shape)

function assertStrict(schema: z.core.$ZodType, name: string): void {
  if (schema instanceof z.ZodObject) {
    if (schema.def.catchall === undefined)
      throw new Error(`the request field "${name}" would drop unknown fields in silence: use z.strictObject`)
    for (const [child, field] of fieldsOf(schema)) assertStrict(field, `${name}.${child}`)
  } else if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    assertStrict(schema.unwrap(), name)
  } else if (schema instanceof z.ZodArray) {
    assertStrict(schema.element, `${name}[]`)
  } else if (schema instanceof z.ZodUnion) {
    for (const option of schema.options) assertStrict(option, name)
  }
}
