import type { Database } from '../../db/database.ts'
import type { Caller } from '../../http/route.ts'
import type { EventStream } from '../../http/sse.ts'
import type { EventHub } from './hub.ts'
import { isKept, readAfter, readOwnAfter, type EventPosition, type EventRow } from './store.ts'

export type EventService = ReturnType<typeof createEventService>

const batch = 500
const idForm = /^(\d{1,20})-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/
const idOf = ({ transactionId, id }: EventPosition): string => `${transactionId}-${id}`
/** The largest value of PostgreSQL's xid8. */
const lastTransaction = 2n ** 64n - 1n
const parseId = (text: string): EventPosition | undefined => {
  const [, transactionId, id] = idForm.exec(text) ?? []
  if (transactionId === undefined || id === undefined || BigInt(transactionId) > lastTransaction) return undefined
  return { transactionId, id }
}
const isAfter = (one: EventPosition, other: EventPosition): boolean => {
  const [left, right] = [BigInt(one.transactionId), BigInt(other.transactionId)]
  return left === right ? one.id > other.id : left > right
}

export function createEventService({ database, hub }: { database: Database; hub: EventHub }) {
  /** What was missed since a position, oldest first. */
  const missed = async function* (caller: Caller, from: EventPosition): AsyncGenerator<EventRow> {
    let position = from
    for (;;) {
      const rows =
        caller.role === 'ADMINISTRATOR'
          ? await readAfter(database, position, batch)
          : await readOwnAfter(database, position, caller.organizationIds, batch)
      yield* rows
      const last = rows.at(-1)
      if (!last || rows.length < batch) return
      position = last
    }
  }

  return {
    /**
     * Streams what the caller may see until the stream is over: first what was missed since `Last-Event-ID`, then what
     * happens. An id that is no longer kept gets a `reset` event: read everything again.
     */
    async follow(caller: Caller, stream: EventStream): Promise<void> {
      const mine = ({ organizationId, userId }: EventRow) =>
        caller.role === 'ADMINISTRATOR' ||
        userId === caller.userId ||
        (organizationId !== null && caller.organizationIds.includes(organizationId))

      let last: EventPosition | undefined
      let waiting: EventRow[] | undefined = []
      let sending: Promise<void> = Promise.resolve()
      const send = (row: EventRow): Promise<void> => {
        if (last && !isAfter(row, last)) return sending
        last = row
        sending = sending.then(() => stream.send({ id: idOf(row), event: row.type, data: row.data }))
        return sending
      }
      const { from, end } = await hub.subscribe((row) => {
        if (!mine(row)) return
        if (waiting) waiting.push(row)
        else void send(row)
      })
      try {
        const asked = stream.lastEventId
        const since = asked === undefined ? undefined : parseId(asked)
        if (asked !== undefined && (!since || !(await isKept(database, since)))) {
          await stream.send({
            id: idOf(from),
            event: 'reset',
            data: { reason: 'The event you resume after is no longer kept.' },
          })
        } else {
          if (since) for await (const row of missed(caller, since)) await send(row)
          // A first position, so that even a reader that saw no event yet can resume.
          await stream.send({ event: 'ready', data: {} })
        }
        for (const row of waiting) await send(row)
        waiting = undefined
        await stream.closed
      } finally {
        end()
      }
    },
  }
}
