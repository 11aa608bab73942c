import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Failure } from '../lib/errors.ts'
import { parsePart } from './validate.ts'

const failureOf = (value: unknown): Failure => {
  try {
    parsePart('body', z.strictObject({ name: z.string() }), value)
  } catch (error) {
    return error as Failure
  }
  throw new Error('it was taken')
}

test('a request with thousands of wrong fields is not answered with a larger document', () => {
  const unknown = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`field${index}`, 1]))
  const { fields, message } = failureOf({ name: 'a', ...unknown })
  expect(fields).toHaveLength(20)
  expect(message).toContain('(and 9999 more)')
})

test('an absent body is said to be one', () => {
  expect(failureOf(undefined).message).toBe(
    'The request is not valid: a JSON object is expected in the body, and it is absent.',
  )
})
