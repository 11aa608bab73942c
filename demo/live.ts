import { followEvents, type Client } from '@berth/client'

/** What the server tells while it happens. Nothing here asks again and again: an event is the only thing that wakes. */
export type Live = {
  /**
   * Asks once, and again after every event, until the answer is there. Throws where `seconds` go by without it, with
   * the last thing that was seen.
   */
  until<T>(question: (see: (text: string) => void) => Promise<T | undefined>, seconds: number): Promise<T>
  /** How many events have come. */
  count(): number
  close(): Promise<void>
}

/** Opens the stream of events of a customer who has logged in. */
export function openLive(client: Client): Live {
  const closing = new AbortController()
  const waiting = new Set<() => void>()
  let count = 0
  let failure: Error | undefined
  const wakeAll = (): void => waiting.forEach((wake) => wake())
  const following = followEvents(client, {
    signal: closing.signal,
    onEvent() {
      count += 1
      wakeAll()
    },
    // What came meanwhile is sent again; asking once more costs nothing.
    onReconnect: wakeAll,
  }).catch((error: unknown) => {
    failure = new Error('The stream of events ended.', { cause: error })
    wakeAll()
  })
  return {
    async until(question, seconds) {
      const deadline = performance.now() + seconds * 1000
      let seen = 'nothing'
      for (;;) {
        if (failure) throw failure
        const known = count
        const answer = await question((text) => (seen = text))
        if (answer !== undefined) return answer
        const left = deadline - performance.now()
        if (left <= 0) throw new Error(`Waited ${seconds} s in vain; the last thing seen was: ${seen}.`)
        // An event may have come while the question was asked.
        if (count === known) await nextEvent(waiting, left)
      }
    },
    count: () => count,
    async close() {
      closing.abort()
      await following
    },
  }
}

function nextEvent(waiting: Set<() => void>, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer)
      waiting.delete(wake)
      resolve()
    }
    const timer = setTimeout(wake, milliseconds)
    waiting.add(wake)
  })
}
