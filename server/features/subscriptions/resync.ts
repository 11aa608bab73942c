import type { Database } from '../../db/database.ts'
import { messageOf } from '../../lib/errors.ts'
import type { Logger } from '../../lib/log.ts'

/**
 * What is woken by time alone. Unsettled subscriptions at once, at the start and whenever wakes may have been missed;
 * all others once per interval, spread over it, to find drift that no event told of.
 */
export type Resync = {
  start(): void
  /** Unsettled ones now: notifications may have been lost. */
  soon(): void
  stop(): Promise<void>
}

type Options = {
  database: Database
  seconds: number
  log: Logger
  wake(subscriptionId: string, everything: boolean): void
}

const unsettledSeconds = 15
const slices = 20

export function createResync({ database, seconds, log, wake }: Options): Resync {
  let timers: NodeJS.Timeout[] = []
  let slice = 0
  let running: Promise<void> = Promise.resolve()

  const later = (work: () => Promise<void>) => {
    running = running
      .then(work)
      .catch((error: unknown) => log.warn({ error: messageOf(error) }, 'a resync failed and comes again'))
  }

  const wakeUnsettled = async () => {
    for (const { id } of await database.query<{ id: string }>(unsettled)) wake(id, false)
  }
  const wakeSlice = async () => {
    slice = (slice + 1) % slices
    for (const { id } of await database.query<{ id: string }>(oneSlice, [slices, slice])) wake(id, true)
  }

  return {
    start() {
      later(wakeUnsettled)
      timers = [
        setInterval(() => later(wakeUnsettled), unsettledSeconds * 1_000),
        setInterval(() => later(wakeSlice), (seconds * 1_000) / slices),
      ]
      for (const timer of timers) timer.unref()
    },
    soon: () => later(wakeUnsettled),
    async stop() {
      for (const timer of timers) clearInterval(timer)
      await running
    },
  }
}

/** What is wanted and not yet seen, what ends, and what an operation waits for. */
const unsettled = `
  SELECT s.id FROM subscriptions s
  WHERE s.entitlement <> 'TERMINATED' AND (s.generation <> s.observed_generation OR s.purge_requested_at IS NOT NULL
    OR EXISTS (SELECT 1 FROM operations o WHERE o.subscription_id = s.id AND o.state IN ('PENDING', 'RUNNING')))`

const oneSlice = `
  SELECT id FROM subscriptions
  WHERE entitlement <> 'TERMINATED' AND abs(hashtext(id::text)::bigint) % $1 = $2`
