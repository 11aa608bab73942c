import { messageOf } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'

/** However little time is left, each part gets this long to close: what comes last ends other processes. */
const shortestPatienceMilliseconds = 2_000

const defaultPatienceSeconds = 20

/** What was opened, to be closed in reverse order. */
export type Closing = {
  add(name: string, close: () => Promise<void> | void): void
  /**
   * Closes everything once; what fails, or takes longer than there is time, is logged and the rest is closed all the
   * same. False where something was not closed.
   */
  closeAll(): Promise<boolean>
}

/** `patienceSeconds` is the time for everything together. */
export function createClosing(log: Logger, patienceSeconds = defaultPatienceSeconds): Closing {
  const opened: { name: string; close: () => Promise<void> | void }[] = []
  let closing: Promise<boolean> | undefined

  const closeAll = async (): Promise<boolean> => {
    let clean = true
    const deadline = performance.now() + patienceSeconds * 1_000
    for (let next = opened.pop(); next; next = opened.pop()) {
      const began = performance.now()
      try {
        await within(next.close(), Math.max(deadline - began, shortestPatienceMilliseconds))
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

/** Throws where the work has not ended after so long; what it holds goes with the process. */
async function within(work: Promise<void> | void, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`it took longer than ${Math.ceil(milliseconds / 1_000)} seconds`)),
      milliseconds,
    )
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
