import { dictionary } from '@zxcvbn-ts/language-common'
import { afterAll, expect, test } from 'vitest'
import { createPasswordPolicy } from './password-policy.ts'
import { createPasswordStrength } from './password-strength.ts'

const strength = createPasswordStrength()
const policy = createPasswordPolicy({ strength })
afterAll(() => strength.stop())

const grace = { email: 'grace.hopper@example.org', name: 'Grace Hopper', company: 'Remington' }

test.each([
  ['among the most common', 'password'],
  ['common and decorated', 'P@ssw0rd1'],
  ['a row of keys', 'qwertyuiop'],
  ['one character again and again', '🦜🦜🦜🦜🦜🦜🦜🦜'],
  ['the address', 'grace.hopper@example.org'],
  ['the name in the address with a digit', 'Grace.Hopper1'],
  ['the name written together', 'gracehopper'],
  ['the name of the product and a year', 'berth2026'],
  ['the name of the product twice', 'berth-berth'],
  ['the last name again and again', 'Hopper-hopper-1'],
  ['the first name and the company', 'Grace@Remington!'],
])('a password that is %s is refused, with what would be better', async (_what, password) => {
  const { acceptable, suggestions } = await policy.assess(password, grace)
  expect(acceptable).toBe(false)
  expect(suggestions.join(' ')).toMatch(/\w/)
})

test.each([
  ['a phrase without digits or capitals', 'correct horse battery staple'],
  ['a phrase of 128 characters', 'ab cd '.repeat(22).slice(0, 128)],
  ['eight random characters', 'x7vQ2mLw'],
  ['in another script', 'Übergrößenträger-Möwe'],
])('a password that is %s is taken', async (_what, password) => {
  expect(await policy.assess(password, grace)).toMatchObject({ acceptable: true })
})

test('of the 3,000 most common passwords that are long enough none is taken: one in ten is tried', async () => {
  const common = dictionary['passwords-common']
    .filter((password) => password.length >= 8)
    .slice(0, 3_000)
    .filter((_, index) => index % 10 === 9)
  expect(common).toHaveLength(300)
  const taken: string[] = []
  for (const password of common) if ((await policy.assess(password, {})).acceptable) taken.push(password)
  expect(taken).toEqual([])
})

test('the longest password keeps no other request waiting: it is judged beside them', async () => {
  let turns = 0
  const turning = setInterval(() => (turns += 1), 1)
  await strength.estimate('0'.repeat(128), [])
  clearInterval(turning)
  expect(turns).toBeGreaterThan(5)
})

test('more questions than it takes at once are refused instead of kept', async () => {
  const questions = Array.from({ length: 80 }, (_, index) => strength.estimate(`question number ${index}`, []))
  const settled = await Promise.allSettled(questions)
  const refused = settled.filter(({ status }) => status === 'rejected')
  expect(refused.length).toBeGreaterThanOrEqual(20)
  expect(refused[0]).toMatchObject({ reason: { code: 'PASSWORD_CHECK_UNAVAILABLE' } })
})

test('it answers again after its thread has ended', async () => {
  await strength.stop()
  expect(await strength.estimate('correct horse battery staple', [])).toMatchObject({ strength: 4 })
})
