import type { Database } from '../../db/database.ts'
import { messageOf } from '../../lib/errors.ts'
import type { Logger } from '../../lib/log.ts'
import { currentPosition, readAfter, type EventPosition, type EventRow } from './store.ts'

/**
 * Reads new events once per process, however many streams there are, and hands them to whoever subscribed. A
 * notification only says that there is something; what there is, the table says.
 */
export type EventHub = {
  /** Calls back for each event after the position that is returned, in order, until it is ended. */
  subscribe(onEvent: (event: EventRow) => void): Promise<{ from: EventPosition; end(): void }>
  stop(): Promise<void>
}

const channel = 'berth_events'
const batch = 500
/** An event of a transaction is not read while an older one runs: then it is looked for again after this time. */
const againMilliseconds = 200
const idleMilliseconds = 5_000

export function createEventHub({ database, log }: { database: Database; log: Logger }): EventHub {
  const listeners = new Set<(event: EventRow) => void>()
  let position: EventPosition | undefined
  let started: Promise<void> | undefined
  let unlisten: (() => Promise<void>) | undefined
  let timer: NodeJS.Timeout | undefined
  let reading: Promise<void> = Promise.resolve()
  let notified = false
  let stopped = false

  const read = async () => {
    if (!position) return
    const rows = await readAfter(database, position, batch)
    for (const row of rows) for (const listener of listeners) listener(row)
    const last = rows.at(-1)
    if (last) position = { transactionId: last.transactionId, id: last.id }
    if (rows.length === batch) return read()
    schedule(notified && rows.length === 0 ? againMilliseconds : idleMilliseconds)
    notified = false
  }
  const readSoon = () => {
    clearTimeout(timer)
    reading = reading.then(read).catch((error: unknown) => {
      log.warn({ error: messageOf(error) }, 'could not read events')
      schedule(againMilliseconds)
    })
  }
  const schedule = (milliseconds: number) => {
    clearTimeout(timer)
    if (!stopped && listeners.size > 0) timer = setTimeout(readSoon, milliseconds).unref()
  }

  const start = async () => {
    position = await currentPosition(database)
    unlisten = await database.listen(channel, () => {
      notified = true
      if (listeners.size > 0) readSoon()
    })
  }

  return {
    async subscribe(onEvent) {
      await (started ??= start())
      // Nobody listened until now: what lies between is of no interest to the newcomer, who catches up by himself.
      if (listeners.size === 0) position = await currentPosition(database)
      await reading
      listeners.add(onEvent)
      schedule(idleMilliseconds)
      return {
        from: position ?? (await currentPosition(database)),
        end: () => {
          listeners.delete(onEvent)
          if (listeners.size === 0) clearTimeout(timer)
        },
      }
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      await reading
      await unlisten?.()
    },
  }
}
