/** How cases look at what a cluster answers and does. */
import { type Answer, type Body } from './http.ts'

/** The body of an answer that must have this status; otherwise an error that shows what was answered. */
export function expectStatus(answer: Answer, ...allowed: number[]): Body {
  if (allowed.includes(answer.status)) return answer.body
  throw new Error(`expected ${allowed.join(' or ')}, got ${answer.status}: ${answer.text.slice(0, 800)}`)
}

/**
 * Asks until the condition gives something other than undefined or false, and gives that. An assertion that fails in
 * the condition counts as "not yet"; after the deadline (milliseconds) it is the error.
 */
export async function eventually<T>(
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  deadline = 45_000,
): Promise<T> {
  const end = Date.now() + deadline
  let last: unknown
  for (;;) {
    try {
      const value = await condition()
      if (value !== undefined && value !== false) return value
    } catch (error) {
      last = error
    }
    if (Date.now() > end) throw new Error(`not within ${deadline} ms: ${what}`, { cause: last })
    await new Promise((resolve) => setTimeout(resolve, 60))
  }
}

/** The value at a dotted path in an object from the wire (`status.conditions.0.type`), or undefined. */
export function at(value: unknown, path: string): unknown {
  let found = value
  for (const step of path.split('.')) {
    if (typeof found !== 'object' || found === null) return undefined
    found = (found as Record<string, unknown>)[step]
  }
  return found
}

export type Condition = { type: string; status: string; reason?: string; message?: string; lastTransitionTime: string }

/** The condition of that type in an object's status, if it has one. */
export function conditionOf(object: Body, type: string): Condition | undefined {
  const conditions = at(object, 'status.conditions')
  return Array.isArray(conditions) ? (conditions as Condition[]).find((one) => one.type === type) : undefined
}
