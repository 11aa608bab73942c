import type { Database } from '../../../db/database.ts'
import { readSearch } from './search.ts'
import type { SummaryRow, Viewer } from './store.ts'

/**
 * The list of services in one statement: first the ids of one page, by an index for every order, then what is shown of
 * those. So a page costs the same whatever the size of the catalog is.
 */
export const serviceSorts = ['relevance', 'name', 'price', 'newest'] as const
export type ServiceSort = (typeof serviceSorts)[number]

export type ListFilter = {
  q?: string | undefined
  category?: string | undefined
  tag?: string | undefined
  currency?: string | undefined
  /** By the month, in minor units of `currency`. */
  minPrice?: number | undefined
  maxPrice?: number | undefined
}
export type ListPage = { sort: ServiceSort; limit: number; after: { key: string; id: string } | undefined }

/** The same in whatever time zone the database's session is. */
function isoTime(expression: string): string {
  return `to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
}

/** How each order reads its key, compares it with the last page's, goes on from there, and writes it into a cursor. */
const orders: Readonly<Record<ServiceSort, { key: string; type: string; descending: boolean; written?: string }>> = {
  relevance: { key: 'm.rank', type: 'numeric', descending: true },
  name: { key: 's.name', type: 'text', descending: false },
  price: { key: 'sp.monthly_minor_units', type: 'bigint', descending: false },
  newest: { key: 's.published_at', type: 'timestamptz', descending: true, written: isoTime('page.key') },
}

/**
 * So many hits in names and tags, and so many anywhere, are ranked: more is no answer to a question, and each costs
 * time. Who wants all of them sorts by something else.
 */
const rankedHits = 100

/** What a service is called: has an index of its own. */
const headings = `to_tsvector('simple'::regconfig, s.name || ' ' || s.slug || ' ' || joined_tags(s.tags))`

/** One more than asked for tells whether another page follows. */
export async function listServices(
  database: Database,
  viewer: Viewer,
  filter: ListFilter,
  { sort, limit, after }: ListPage,
): Promise<SummaryRow[]> {
  const values: unknown[] = []
  const value = (given: unknown, type: string): string => `$${values.push(given)}::${type}`
  const { key, type, descending, written } = orders[sort]
  const conditions = [...filterConditions(filter, value), visibleIn(viewer, value)]
  const search = filter.q === undefined ? undefined : searchOf(filter.q, conditions, value)
  if (search && sort !== 'relevance') conditions.push(`s.search @@ ${search.query}`)
  if (after) {
    const [past, id] = [value(after.key, type), value(after.id, 'uuid')]
    conditions.push(
      descending ? `(${key} < ${past} OR (${key} = ${past} AND s.id > ${id}))` : `(${key}, s.id) > (${past}, ${id})`,
    )
  }
  const priced = filter.currency === undefined ? '' : value(filter.currency, 'char(3)')
  const sources = [
    ...(search && sort === 'relevance' ? [`(${search.ranked}) m JOIN services s ON s.id = m.id`] : ['services s']),
    ...(sort === 'price' ? [`JOIN service_prices sp ON sp.service_id = s.id AND sp.currency = ${priced}`] : []),
  ]
  const direction = descending ? 'DESC' : 'ASC'
  return database.search<SummaryRow>(
    `WITH page AS (
       SELECT s.id, ${key} AS key FROM ${sources.join(' ')} WHERE ${conditions.join(' AND ')}
       ORDER BY ${key} ${direction}, s.id LIMIT ${value(limit + 1, 'int')})
     ${shown(priced, written)} ORDER BY page.key ${direction}, s.id`,
    values,
  )
}

/** Names that look like what was typed, most alike first: asked for where nothing else was found. */
export async function listAlike(
  database: Database,
  viewer: Viewer,
  filter: ListFilter & { q: string },
  limit: number,
): Promise<SummaryRow[]> {
  const values: unknown[] = []
  const value = (given: unknown, type: string): string => `$${values.push(given)}::${type}`
  const typed = `lower(${value(filter.q, 'text')})`
  const conditions = [...filterConditions(filter, value), visibleIn(viewer, value), `is_alike(lower(s.name), ${typed})`]
  const priced = filter.currency === undefined ? '' : value(filter.currency, 'char(3)')
  return database.search<SummaryRow>(
    `WITH page AS (
       SELECT s.id, likeness(lower(s.name), ${typed}) AS key FROM services s WHERE ${conditions.join(' AND ')}
       ORDER BY key DESC, s.id LIMIT ${value(limit, 'int')})
     ${shown(priced)} ORDER BY page.key DESC, s.id`,
    values,
  )
}

type Value = (given: unknown, type: string) => string

const visibleIn = ({ organizationIds }: Viewer, value: Value): string =>
  organizationIds.length === 0
    ? `s.status = 'PUBLISHED' AND s.organization_id IS NULL`
    : `s.status = 'PUBLISHED' AND (s.organization_id IS NULL OR s.organization_id = ANY(${value([...organizationIds], 'uuid[]')}))`

function filterConditions({ category, tag, currency, minPrice, maxPrice }: ListFilter, value: Value): string[] {
  const conditions: string[] = []
  if (category !== undefined)
    conditions.push(`s.category_id = (SELECT id FROM categories WHERE slug = ${value(category, 'text')})`)
  if (tag !== undefined) conditions.push(`s.tags @> ARRAY[${value(tag, 'text')}]`)
  if (currency !== undefined && (minPrice !== undefined || maxPrice !== undefined)) {
    const [least, most] = [value(minPrice ?? 0, 'bigint'), value(maxPrice ?? Number.MAX_SAFE_INTEGER, 'bigint')]
    conditions.push(
      `EXISTS (SELECT 1 FROM service_prices f WHERE f.service_id = s.id AND f.currency = ${value(currency, 'char(3)')}
         AND f.monthly_minor_units BETWEEN ${least} AND ${most})`,
    )
  }
  return conditions
}

/** The query, and the hits that meet the conditions with their rank: those in names and tags before all others. */
function searchOf(q: string, conditions: readonly string[], value: Value): { query: string; ranked: string } {
  const { words, beginning, joinedBy } = readSearch(q)
  const whole = words === '' ? undefined : `websearch_to_tsquery('simple', ${value(words, 'text')})`
  const begun = beginning === undefined ? undefined : value(beginning, 'text')
  const parts = [whole, begun && `to_tsquery('simple', ${begun} || ':*')`].filter((part) => part !== undefined)
  const query = `(${parts.join(joinedBy === 'or' ? ' || ' : ' && ')})`
  const hits = (...texts: readonly string[]) => {
    const matches = texts.map((text) => `${text} @@ ${query}`)
    return `(SELECT s.id FROM services s WHERE ${[...matches, ...conditions].join(' AND ')} LIMIT ${rankedHits})`
  }
  return {
    query,
    ranked: `SELECT h.id, round(ts_rank(r.search, ${query})::numeric, 6) AS rank
       FROM (${hits(headings, 's.search')} UNION ${hits('s.search')}) h JOIN services r ON r.id = h.id`,
  }
}

/** What is shown of the services of a page; the price in the currency that was asked for, or else the lowest. */
const shown = (currency: string, sortKey = 'page.key::text'): string => `
  SELECT s.id, s.slug, s.name, s.tagline, s.icon, s.organization_id AS "organizationId", s.tags,
    c.slug AS "categorySlug", c.name AS "categoryName", p.currency, p.price_minor_units AS "priceMinorUnits",
    p.interval, ${sortKey} AS "sortKey"
  FROM page JOIN services s ON s.id = page.id JOIN categories c ON c.id = s.category_id
  LEFT JOIN LATERAL (
    SELECT v.currency, v.price_minor_units, v.interval
    FROM service_prices sp JOIN plans pl ON pl.id = sp.plan_id JOIN plan_versions v ON v.id = pl.current_version_id
    WHERE sp.service_id = s.id ${currency === '' ? '' : `AND sp.currency = ${currency}`}
    ORDER BY sp.monthly_minor_units, sp.currency LIMIT 1) p ON true`
