import { z } from 'zod'
import { isStorable } from '../lib/text.ts'
import { queryInteger } from './schemas.ts'

/**
 * Lists are `{data, page: {nextCursor, total?}}`. A cursor holds the sort key of the last row (keyset pagination): page
 * 1,000 costs what page 1 does. It is opaque to callers and checked like all input, so it needs no signature: it can
 * say nothing that a filter could not.
 */

const defaultLimit = 25
const maximumLimit = 100
const longestCursor = 1000

/** A time in a cursor, as JSON writes it. PostgreSQL has no year 0, and reads no endless fractions of a second. */
export const cursorTime = z.iso
  .datetime()
  .max(30)
  .refine((text) => !text.startsWith('0000'))

/** The `limit` of every list. */
export const limit = queryInteger(1, maximumLimit).default(defaultLimit)

/**
 * The cursor of one list. `key` is the schema of a row's sort key as it stands in JSON; two lists whose keys could be
 * taken for each other differ by a literal in the tuple.
 * @example
 * const cursor = createCursor(z.tuple([z.iso.datetime(), z.uuid()]))
 * const query = z.object({ limit, cursor: cursor.schema.optional() })
 */
export function createCursor<Key extends z.ZodType>(key: Key) {
  const schema = z
    .string()
    .max(longestCursor)
    .transform((text, context): z.output<Key> => {
      const read = key.safeParse(parseCursor(text))
      if (read.success) return read.data
      context.issues.push({ code: 'custom', message: 'is not a cursor of this list', input: text })
      return z.NEVER
    })
    .meta({ override: { type: 'string' }, description: 'The nextCursor of the page before.' })
  return { schema, write: writeCursor }
}

/** The cursor that follows a row with this sort key. */
const writeCursor = (key: readonly (string | number | null)[]): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url')

/** Escapes in its JSON could hide from the check of the whole request what no query may be asked for. */
function parseCursor(text: string): unknown {
  try {
    const key: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
    const parts: unknown[] = Array.isArray(key) ? key : []
    return parts.every((part) => typeof part !== 'string' || isStorable(part)) ? key : undefined
  } catch {
    return undefined
  }
}

/** The schema of one page of `item`. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    data: z.array(item),
    page: z.object({
      nextCursor: z.string().nullable().meta({ description: 'For the next page; null on the last one.' }),
      total: z.int().optional().meta({ description: 'How many there are in all, where that is cheap to know.' }),
    }),
  })

/** One page out of `limit + 1` rows: the row too many says that another page follows. */
export function toPage<Row>(
  rows: readonly Row[],
  size: number,
  cursorOf: (last: Row) => string,
): { data: Row[]; page: { nextCursor: string | null } } {
  const data = rows.slice(0, size)
  const last = data.at(-1)
  return { data, page: { nextCursor: rows.length > size && last !== undefined ? cursorOf(last) : null } }
}

const withNextCursor = z.object({ page: z.object({ nextCursor: z.string() }) })

/** The `Link` header (RFC 8288) to the next page of an answered list, undefined where none follows. */
export function nextPageLink(url: string, body: unknown): string | undefined {
  const read = withNextCursor.safeParse(body)
  if (!read.success) return undefined
  const [path = '', query = ''] = url.split('?', 2)
  const parameters = new URLSearchParams(query)
  parameters.set('cursor', read.data.page.nextCursor)
  return `<${path}?${parameters.toString()}>; rel="next"`
}
