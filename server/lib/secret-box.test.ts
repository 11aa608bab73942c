import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createSecretBox } from './secret-box.ts'

const place = { table: 'generated_secrets', row: 'a', column: 'value_encrypted' }
const key = (id: string) => ({ id, key: randomBytes(32) })

test('a sealed value opens only in its own place', () => {
  const box = createSecretBox([key('k1')])
  const sealed = box.seal('pässword', place)
  expect(box.open(sealed, place)).toBe('pässword')
  expect(() => box.open(sealed, { ...place, row: 'b' })).toThrow()
})

test('a rotated-out key still reads what it wrote, and a missing one is named', () => {
  const [older, newer] = [key('older'), key('newer')]
  const sealed = createSecretBox([older]).seal('x', place)
  const rotated = createSecretBox([newer, older])
  expect(rotated.open(sealed, place)).toBe('x')
  expect(rotated.seal('x', place)).toMatch(/^v1\.newer\./)
  expect(() => createSecretBox([newer]).open(sealed, place)).toThrow('"older" is not among those given')
})

test('a changed value does not open', () => {
  const box = createSecretBox([key('k1')])
  const parts = box.seal('a longer secret value', place).split('.')
  const bytes = Buffer.from(parts[3] ?? '', 'base64url')
  bytes[0] = (bytes[0] ?? 0) ^ 1
  parts[3] = bytes.toString('base64url')
  expect(() => box.open(parts.join('.'), place)).toThrow()
})

test('what a purpose derives is stable over a rotation and says nothing about another purpose', () => {
  const [older, newer] = [key('older'), key('newer')]
  const [before] = createSecretBox([older]).derive('a', 'x')
  expect(createSecretBox([newer, older]).derive('a', 'x')[1]).toEqual(before)
  expect(createSecretBox([older]).derive('b', 'x')[0]).not.toEqual(before)
})
