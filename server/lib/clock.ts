/**
 * Two clocks. `businessNow` can be moved (trials, retention, invoices); `systemNow` cannot (tokens, leases, heartbeats,
 * deadlines, backoff). What is due in business time is a row with a due time, never a timer.
 */
export type Clock = { businessNow(): Date; systemNow(): Date }
export type MovableClock = Clock & { moveBusiness(milliseconds: number): void }

/** Real time; the business clock runs beside it, ahead by as much as it was moved. */
export function createClock(): MovableClock {
  let ahead = 0
  return {
    businessNow: () => new Date(Date.now() + ahead),
    systemNow: () => new Date(),
    moveBusiness: (milliseconds) => {
      ahead += milliseconds
    },
  }
}
