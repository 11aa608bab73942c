import { expect, test } from 'vitest'
import { createFailureCounters } from '../../http/rate-limits/failure-counters.ts'
import { createGuessDelay } from './guess-delay.ts'
import { createTestClock } from './testing.ts'

const [home, elsewhere] = ['203.0.113.5', '198.51.100.1']

function guessing() {
  const clock = createTestClock()
  const delay = createGuessDelay({ counters: createFailureCounters(), clock, purpose: 'password' })
  return {
    ...delay,
    clock,
    fail: async (times: number, from: string) => {
      for (let time = 0; time < times; time++) await delay.failed('ada', from)
    },
  }
}

test('guessing becomes slower, from however many addresses, and has an end', async () => {
  const { fail, failed, milliseconds, clock } = guessing()
  await fail(2, elsewhere)
  expect(await milliseconds('ada', elsewhere)).toBe(0)
  for (const from of ['198.51.100.2', '198.51.100.3']) await failed('ada', from)
  expect(await milliseconds('ada', '198.51.100.4')).toBe(500)
  await fail(50, elsewhere)
  expect(await milliseconds('ada', elsewhere)).toBe(4000)
  expect(await milliseconds('bob', elsewhere)).toBe(0)
  clock.move(15 * 60_000)
  expect(await milliseconds('ada', elsewhere)).toBe(0)
})

test('an attack from elsewhere does not slow the owner where they logged in before', async () => {
  const { fail, succeeded, milliseconds } = guessing()
  await succeeded('ada', home)
  await fail(50, elsewhere)
  expect([await milliseconds('ada', home), await milliseconds('ada', '203.0.113.9')]).toEqual([0, 4000])
})

test('who guesses from behind the owner’s own address is slowed too', async () => {
  const { fail, succeeded, milliseconds } = guessing()
  await succeeded('ada', home)
  await fail(4, home)
  expect(await milliseconds('ada', home)).toBe(500)
  await succeeded('ada', home)
  expect(await milliseconds('ada', home)).toBe(0)
})

test('an owner who logs in during an attack makes it no quicker', async () => {
  const { fail, succeeded, milliseconds } = guessing()
  await succeeded('ada', home)
  await fail(50, elsewhere)
  await succeeded('ada', home)
  expect(await milliseconds('ada', elsewhere)).toBe(4000)
})
