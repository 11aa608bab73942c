import type { Clock } from '../../lib/clock.ts'
import type { Policy } from './policies.ts'

/** What a window holds after a request was counted in it. */
export type Counted = { count: number; resetMilliseconds: number }

/** Counts by policy and key. */
export type Windows = {
  count(name: string, policy: Policy, key: string): Promise<Counted>
}

/** Somebody who invents keys makes the oldest forgotten, and fills no memory. */
const rememberedKeys = 20_000

/** The windows of this process. */
export function createWindows(clock: Pick<Clock, 'systemNow'>): Windows {
  const windows = new Map<string, { count: number; endsAt: number }>()
  return {
    count(name, { windowSeconds }, key) {
      const now = clock.systemNow().getTime()
      const id = `${name} ${key}`
      const known = windows.get(id)
      if (known && known.endsAt > now) {
        known.count++
        return Promise.resolve({ count: known.count, resetMilliseconds: known.endsAt - now })
      }
      windows.delete(id)
      const [oldest] = windows.size >= rememberedKeys ? windows.keys() : []
      if (oldest !== undefined) windows.delete(oldest)
      windows.set(id, { count: 1, endsAt: now + windowSeconds * 1000 })
      return Promise.resolve({ count: 1, resetMilliseconds: windowSeconds * 1000 })
    },
  }
}
