import { messageOf } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'

/** What was opened, to be closed in reverse order. */
export type Closing = {
  add(name: string, close: () => Promise<void> | void): void
  /** Closes everything once; what fails is logged and the rest is closed all the same. False where something failed. */
  closeAll(): Promise<boolean>
}

export function createClosing(log: Logger): Closing {
  const opened: { name: string; close: () => Promise<void> | void }[] = []
  let closing: Promise<boolean> | undefined

  const closeAll = async (): Promise<boolean> => {
    let clean = true
    for (let next = opened.pop(); next; next = opened.pop()) {
      const began = performance.now()
      try {
        await next.close()
        log.debug({ milliseconds: Math.round(performance.now() - began) }, `closed: ${next.name}`)
      } catch (error) {
        clean = false
        log.error({ err: error }, `${next.name} did not close: ${messageOf(error)}`)
      }
    }
    return clean
  }
  return {
    add: (name, close) => void opened.push({ name, close }),
    closeAll: () => (closing ??= closeAll()),
  }
}
