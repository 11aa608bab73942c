import type { Database } from '../server/db/database.ts'

/** As many published services as one likes, with names of their own, a hundred tags, ten categories, three plans each: made by the database itself. */
export async function seedServices(database: Database, count: number): Promise<void> {
  // What every server brings along is not on sale here, so that there are exactly so many.
  await database.query(`UPDATE services SET status = 'RETIRED'`)
  await database.query(
    `INSERT INTO categories (id, slug, name, updated_at)
     SELECT gen_random_uuid(), 'bench-' || n, 'Category ' || n, now() FROM generate_series(0, 9) n`,
  )
  await database.query(
    `INSERT INTO services (id, slug, category_id, name, tagline, description, tags, published_at, updated_at)
     SELECT gen_random_uuid(), 'bench-' || n, c.id, initcap(substr(md5(n::text), 1, 7)) || ' ' || initcap(substr(md5(n::text), 8, 5)),
       'A service for the measurement number ' || n, repeat('It does what it says, and it says what it does. ', 10)
         || CASE WHEN n % ($1::int / 10) = 0 THEN 'orchard' ELSE 'meadow' END,
       ARRAY['tag-' || n % 100, 'shared', CASE WHEN n % ($1::int / 10) = 0 THEN 'rare' ELSE 'common' END],
       now() - n * interval '1 minute', now()
     FROM generate_series(1, $1::int) n JOIN categories c ON c.slug = 'bench-' || n % 10`,
    [count],
  )
  await database.query(
    `INSERT INTO service_revisions (id, service_id, number, source, source_sha256, spec)
     SELECT gen_random_uuid(), s.id, 1, r.source, r.source_sha256, r.spec
     FROM services s, service_revisions r JOIN services w ON w.current_revision_id = r.id AND w.slug = 'whoami'
     WHERE s.slug LIKE 'bench-%'`,
  )
  await database.query(
    `INSERT INTO plans (id, service_id, slug, name, position, updated_at)
     SELECT gen_random_uuid(), s.id, 'plan-' || n, 'Plan ' || n, n, now()
     FROM services s, generate_series(1, 3) n WHERE s.slug LIKE 'bench-%'`,
  )
  await database.query(
    `INSERT INTO plan_versions (id, plan_id, number, price_minor_units, currency, cpu_millicores, memory_bytes, storage_bytes)
     SELECT gen_random_uuid(), p.id, 1, 100 * p.position + abs(hashtext(s.slug)) % 10000, 'EUR', 100, 134217728, 0
     FROM plans p JOIN services s ON s.id = p.service_id WHERE s.slug LIKE 'bench-%'`,
  )
  await database.query(
    `UPDATE plans p SET current_version_id = v.id FROM plan_versions v
     WHERE v.plan_id = p.id AND p.current_version_id IS NULL`,
  )
  await database.query(
    `UPDATE services s SET status = 'PUBLISHED', current_revision_id = r.id FROM service_revisions r
     WHERE r.service_id = s.id AND s.slug LIKE 'bench-%'`,
  )
  await database.query('VACUUM (ANALYZE)')
}
