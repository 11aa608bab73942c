/** Exponential backoff with full jitter in its upper half: neither a herd nor a pause longer than `maximum`. */
export type Backoff = { initialMilliseconds: number; maximumMilliseconds: number }

/** How long to wait before attempt number `failures` + 1, in milliseconds. */
export function backoffDelay(
  { initialMilliseconds, maximumMilliseconds }: Backoff,
  failures: number,
  random = Math.random,
): number {
  const ceiling = Math.min(maximumMilliseconds, initialMilliseconds * 2 ** Math.min(failures - 1, 30))
  return ceiling / 2 + (ceiling / 2) * random()
}
