import { z } from 'zod'
import { createCursor, cursorTime, limit } from '../../../http/page.ts'
import { queryInteger } from '../../../http/schemas.ts'
import { invalid } from '../../../lib/errors.ts'
import { currency } from '../fields.ts'
import { serviceSorts, type ListFilter, type ListPage, type ServiceSort } from './list.ts'
import type { SummaryRow } from './store.ts'

/** What a visitor may ask of the list of services. */

const cursor = createCursor(z.tuple([z.enum(serviceSorts), z.string().max(300), z.uuid()]))
const minorUnits = queryInteger(0, 999_999_999_999)
/** What each order's key looks like in a cursor, so that a forged one is a bad request and not a failing statement. */
const keyOf: Readonly<Record<ServiceSort, z.ZodType<string>>> = {
  relevance: z.string().regex(/^\d{1,10}(\.\d{1,10})?$/),
  name: z.string(),
  price: z.string().regex(/^\d{1,18}$/),
  newest: cursorTime,
}

export const listQuery = z.strictObject({
  limit,
  cursor: cursor.schema.optional(),
  q: z.string().min(1).max(100).optional().meta({
    description:
      'Searched in name, slug, tags, tagline and description, as on the web: quotes, `or`, `-not`. The last word may be the beginning of one.',
  }),
  category: z.string().min(1).max(63).optional().meta({ description: 'The slug of a category.' }),
  tag: z.string().trim().toLowerCase().min(1).max(40).optional(),
  currency: currency.optional().meta({ description: 'Prices are shown, filtered and sorted in it.' }),
  minPrice: minorUnits
    .optional()
    .meta({ description: 'Of the cheapest plan by the month, in minor units of `currency`.' }),
  maxPrice: minorUnits
    .optional()
    .meta({ description: 'Of the cheapest plan by the month, in minor units of `currency`.' }),
  sort: z
    .enum(serviceSorts)
    .optional()
    .meta({ description: 'Relevance with `q`, else name, unless you say otherwise.' }),
})

/** Throws `invalid` where the parts contradict each other. */
export function readListQuery(query: z.output<typeof listQuery>): { filter: ListFilter; page: ListPage } {
  const { cursor: after, limit: size, sort = query.q === undefined ? 'name' : 'relevance', ...filter } = query
  if (sort === 'relevance' && query.q === undefined)
    throw wrong('sort', 'is by relevance of a search, and q is missing')
  const needsCurrency = sort === 'price' || query.minPrice !== undefined || query.maxPrice !== undefined
  if (needsCurrency && query.currency === undefined)
    throw wrong('currency', 'is missing: prices of different currencies cannot be compared')
  if (after && (after[0] !== sort || !keyOf[sort].safeParse(after[1]).success))
    throw wrong('cursor', 'is not a cursor of this list')
  return { filter, page: { sort, limit: size, after: after && { key: after[1], id: after[2] } } }
}

export const writeListCursor = (sort: ServiceSort, { sortKey, id }: SummaryRow): string =>
  cursor.write([sort, sortKey, id])

const wrong = (parameter: string, detail: string) =>
  invalid('INVALID_REQUEST', `The request is not valid: /query/${parameter} ${detail}.`, {
    fields: [{ pointer: `/query/${parameter}`, detail }],
  })
