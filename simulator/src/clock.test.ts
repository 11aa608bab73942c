import { expect, test } from 'vitest'
import { createDrivenClock } from './clock.ts'

test('timers of a driven clock run when they fall due, in order, and with what they queue', async () => {
  const clock = createDrivenClock(new Date(0))
  const seen: string[] = []
  clock.after(20, () => seen.push(`late ${clock.now().getTime()}`))
  clock.after(10, () => {
    seen.push(`early ${clock.now().getTime()}`)
    clock.soon(() => {
      seen.push(`soon ${clock.now().getTime()}`)
      clock.after(5, () => seen.push(`nested ${clock.now().getTime()}`))
    })
  })
  clock.after(15, () => seen.push('never')).cancel()
  await clock.advance(19)
  expect(seen).toEqual(['early 10', 'soon 10', 'nested 15'])
  await clock.advance(1)
  expect(seen.at(-1)).toBe('late 20')
  expect(clock.now().getTime()).toBe(20)
})
