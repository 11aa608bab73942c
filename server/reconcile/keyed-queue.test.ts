import { expect, test } from 'vitest'
import { backoffDelay } from './backoff.ts'
import { createKeyedQueue } from './keyed-queue.ts'

const quick = { concurrency: 4, backoff: { initialMilliseconds: 1, maximumMilliseconds: 4 }, onFailure: () => {} }

test('a key is never worked twice at once, and wakes during a pass make exactly one more', async () => {
  let running = 0
  let passes = 0
  const gates: (() => void)[] = []
  const queue = createKeyedQueue(async () => {
    expect(++running).toBe(1)
    passes++
    await new Promise<void>((resolve) => gates.push(resolve))
    running--
  }, quick)
  const first = queue.run('a')
  queue.wake('a')
  queue.wake('a')
  const second = queue.run('a')
  expect(passes).toBe(1)
  gates.shift()?.()
  await first
  gates.shift()?.()
  await second
  expect(passes).toBe(2)
  await queue.stop()
})

test('different keys share the room that there is', async () => {
  let running = 0
  let most = 0
  const queue = createKeyedQueue(async () => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running--
  }, quick)
  await Promise.all(Array.from({ length: 20 }, (_, index) => queue.run(`key-${index}`)))
  expect(most).toBe(4)
})

test('a failed pass comes again by itself until it holds, and forgets its failures', async () => {
  let left = 3
  const failures: number[] = []
  let done: () => void = () => {}
  const finished = new Promise<void>((resolve) => (done = resolve))
  const queue = createKeyedQueue(
    async () => {
      if (left-- > 0) throw new Error('away')
      done()
    },
    { ...quick, onFailure: (_key, _error, count) => failures.push(count) },
  )
  await expect(queue.run('a')).rejects.toThrow('away')
  await finished
  expect(failures).toEqual([1, 2, 3])
  await queue.stop()
})

test('a stopped queue finishes what runs and refuses the rest', async () => {
  let release: () => void = () => {}
  const queue = createKeyedQueue(() => new Promise<void>((resolve) => (release = resolve)), quick)
  const running = queue.run('a')
  const stopping = queue.stop()
  await expect(queue.run('b')).rejects.toThrow('stopped')
  release()
  await Promise.all([running, stopping])
  expect(queue.size().working).toBe(0)
})

test('backoff doubles from its first step to its ceiling and never waits longer', () => {
  const policy = { initialMilliseconds: 100, maximumMilliseconds: 1_000 }
  expect(backoffDelay(policy, 1, () => 1)).toBe(100)
  expect(backoffDelay(policy, 3, () => 1)).toBe(400)
  expect(backoffDelay(policy, 50, () => 1)).toBe(1_000)
  expect(backoffDelay(policy, 50, () => 0)).toBe(500)
})
