import type { Database } from '../server/db/database.ts'

/** People as an installation has them after three years, made by PostgreSQL itself: a million in a minute or two. */

/** Ordered by age, as they came: 1 administrator of a thousand, 3 % deactivated, 85 % verified, 1 in 10 subscribed. */
const insertUsers = `
  INSERT INTO users (id, email, name, company, role, status, email_verified_at, last_seen_at, password_hash, created_at, updated_at)
  SELECT gen_random_uuid(),
    lower(first || '.' || last) || '.' || i || '@' || (ARRAY['example.org', 'example.com', 'mail.example', 'post.example'])[1 + i % 4],
    first || ' ' || last, CASE WHEN i % 3 = 0 THEN last || ' Ltd' END,
    (CASE WHEN i % 1000 = 7 THEN 'ADMINISTRATOR' ELSE 'USER' END)::user_role,
    (CASE WHEN i % 33 = 5 THEN 'DEACTIVATED' ELSE 'ACTIVE' END)::user_status,
    CASE WHEN i % 100 < 85 THEN made END,
    CASE WHEN i % 10 < 9 THEN least(now(), made + (now() - made) * power(random(), 0.3)) END,
    '$argon2id$none', made, made
  FROM (
    SELECT i, now() - interval '3 years' * (1 - i / $1::float8) AS made,
      (ARRAY['Ada','Grace','Alan','Edsger','Barbara','Donald','Frances','John','Katherine','Ken','Margaret','Niklaus','Radia','Tim','Vint','Zoë'])[1 + floor(random() * 16)::int] AS first,
      (ARRAY['Example','Lovelace','Hopper','Turing','Dijkstra','Liskov','Knuth','Allen','Backus','Johnson','Thompson','Hamilton','Wirth','Perlman','Lee','Cerf','Müller','Novak','Rossi','Okafor','Tanaka','Silva','Kowalski','Berg','Haas'])[1 + floor(random() * 25)::int] AS last
    FROM generate_series(1, $1::int) i OFFSET 0
  ) people ORDER BY i`

const insertOwned = [
  `INSERT INTO organizations (id, name, created_at, updated_at) SELECT id, name, created_at, created_at FROM users u
     WHERE NOT EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = u.id)`,
  `INSERT INTO memberships (organization_id, user_id) SELECT o.id, o.id FROM organizations o JOIN users u ON u.id = o.id`,
  `INSERT INTO subscriptions (id, organization_id, cluster_id, service_id, revision_id, plan_version_id, name, entitlement, created_by_id, updated_at)
     SELECT gen_random_uuid(), u.id, c.id, s.id, s.current_revision_id, p.current_version_id, 'main', 'ACTIVE', u.id, now()
     FROM users u JOIN organizations o ON o.id = u.id
       CROSS JOIN (SELECT id FROM clusters LIMIT 1) c
       CROSS JOIN (SELECT id, current_revision_id FROM services WHERE slug = 'postgres') s
       CROSS JOIN LATERAL (SELECT current_version_id FROM plans WHERE service_id = s.id LIMIT 1) p
     WHERE abs(hashtext(u.email)) % 10 = 0`,
]

/** Into a database that a server has migrated. Secondary indexes are made afterwards, which takes a third of the time. */
export async function seedUsers(database: Database, count: number): Promise<void> {
  const indexes = await database.query<{ name: string; definition: string }>(
    `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
     FROM pg_index WHERE indrelid = 'users'::regclass AND NOT indisunique`,
  )
  for (const { name } of indexes) await database.query(`DROP INDEX ${name}`)
  await database.query(insertUsers, [count])
  const client = await database.pool.connect()
  try {
    // What is made here is right by construction: foreign keys need not be looked up three million times.
    await client.query(`SET session_replication_role = replica`)
    for (const statement of insertOwned) await client.query(statement)
    await client.query(`RESET session_replication_role`)
  } finally {
    client.release()
  }
  for (const { definition } of indexes) await database.query(definition)
  await database.query(`VACUUM (ANALYZE)`)
}
