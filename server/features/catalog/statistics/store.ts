import type { Database } from '../../../db/database.ts'

/** Counts for a dashboard, each in one statement. */

export type ServiceCounts = { category: string; name: string; draft: number; published: number; retired: number }
export type SubscriptionCounts = {
  service: string
  serviceName: string
  plan: string
  planName: string
  subscriptions: number
  suspended: number
  ended: number
}

export const countServices = (database: Database): Promise<ServiceCounts[]> =>
  database.query<ServiceCounts>(`
    SELECT c.slug AS category, c.name,
      count(s.id) FILTER (WHERE s.status = 'DRAFT')::int AS draft,
      count(s.id) FILTER (WHERE s.status = 'PUBLISHED')::int AS published,
      count(s.id) FILTER (WHERE s.status = 'RETIRED')::int AS retired
    FROM categories c LEFT JOIN services s ON s.category_id = c.id
    GROUP BY c.id ORDER BY c.position, c.name`)

const mostRows = 1000

/** Of the most sold ones first. */
export const countSubscriptions = (database: Database): Promise<SubscriptionCounts[]> =>
  database.query<SubscriptionCounts>(
    `SELECT s.slug AS service, s.name AS "serviceName", p.slug AS plan, p.name AS "planName",
       count(*) FILTER (WHERE x.entitlement IN ('PENDING', 'TRIALING', 'ACTIVE', 'PAST_DUE'))::int AS subscriptions,
       count(*) FILTER (WHERE x.entitlement IN ('SUSPENDED', 'CANCELED', 'EXPIRED'))::int AS suspended,
       count(*) FILTER (WHERE x.entitlement = 'TERMINATED')::int AS ended
     FROM subscriptions x
     JOIN plan_versions v ON v.id = x.plan_version_id
     JOIN plans p ON p.id = v.plan_id
     JOIN services s ON s.id = x.service_id
     GROUP BY s.id, p.id ORDER BY subscriptions DESC, s.slug, p.slug LIMIT $1`,
    [mostRows],
  )
