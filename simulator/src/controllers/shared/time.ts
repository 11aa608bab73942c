/** Times as Kubernetes writes them. */

/** To the second, as in most fields. */
export function time(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}

/** To the microsecond, as in leases and newer events. */
export function microTime(date: Date): string {
  return `${date.toISOString().slice(0, 23)}000Z`
}

/** Milliseconds since the epoch of a written time; 0 when there is none. */
export function timeOf(text: string | null | undefined): number {
  return text ? Date.parse(text) : 0
}
