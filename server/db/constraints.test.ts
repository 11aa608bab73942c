import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../lib/ids.ts'
import { testDatabase, type TestDatabase } from '../test/database.ts'
import { makeCluster, makeService, makeSubscription, makeUser } from '../test/factories.ts'
import { constraintOf, type Database } from './database.ts'

let clone: TestDatabase
let database: Database
beforeAll(async () => {
  clone = await testDatabase()
  database = clone.database
  await writeOneRowOfEach(database)
})
afterAll(() => clone.drop())

/** A copy of the table's row with these columns changed breaks the constraint. Null: as it is, but for a new id. */
type Breach = { table: string; change: Record<string, unknown> | null }
const breaks = (table: string, change: Breach['change']): Breach => ({ table, change })

const long = 'a'.repeat(64)
const past = '2000-01-01T00:00:00Z'

const breaches: Record<string, Breach> = {
  installation_singleton_key: breaks('installation', null),
  installation_singleton_check: breaks('installation', { singleton: false }),
  users_email_key: breaks('users', { email: 'ONE@example.test' }),
  users_email_check: breaks('users', { email: 'no address' }),
  users_version_check: breaks('users', { version: 0 }),
  users_deleted_check: breaks('users', { deleted_at: past }),
  one_time_tokens_token_hash_key: breaks('one_time_tokens', null),
  one_time_tokens_attempts_check: breaks('one_time_tokens', { attempts: -1 }),
  one_time_tokens_email_check: breaks('one_time_tokens', { email: 'another@example.test' }),
  recovery_codes_user_id_code_hash_key: breaks('recovery_codes', null),
  access_tokens_token_hash_key: breaks('access_tokens', null),
  access_tokens_scopes_check: breaks('access_tokens', { scopes: [] }),
  organizations_limits_check: breaks('organizations', { max_memory_bytes: -1 }),
  organizations_country_check: breaks('organizations', { country: 'Austria' }),
  sessions_expiry_check: breaks('sessions', { absolute_expires_at: past }),
  refresh_tokens_token_hash_key: breaks('refresh_tokens', null),
  refresh_tokens_token_hash_check: breaks('refresh_tokens', { token_hash: '\\x00' }),
  categories_slug_key: breaks('categories', null),
  categories_slug_check: breaks('categories', { slug: 'Not a slug' }),
  services_slug_key: breaks('services', { current_revision_id: null, status: 'DRAFT' }),
  services_slug_check: breaks('services', { slug: long }),
  services_published_check: breaks('services', { current_revision_id: null }),
  services_retention_days_check: breaks('services', { retention_days: -1 }),
  services_current_revision_id_key: breaks('services', { slug: 'another' }),
  service_revisions_service_id_number_key: breaks('service_revisions', null),
  service_revisions_number_check: breaks('service_revisions', { number: 0 }),
  service_revisions_source_sha256_check: breaks('service_revisions', { source_sha256: 'short' }),
  plans_service_id_slug_key: breaks('plans', { current_version_id: null }),
  plans_slug_check: breaks('plans', { slug: '-' }),
  plans_current_version_id_key: breaks('plans', { slug: 'another' }),
  plan_versions_plan_id_number_key: breaks('plan_versions', null),
  plan_versions_number_check: breaks('plan_versions', { number: 0 }),
  plan_versions_price_check: breaks('plan_versions', { price_minor_units: -1 }),
  plan_versions_currency_check: breaks('plan_versions', { currency: 'eur' }),
  plan_versions_trial_days_check: breaks('plan_versions', { trial_days: -1 }),
  plan_versions_max_per_organization_check: breaks('plan_versions', { max_per_organization: 0 }),
  catalog_state_pkey: breaks('catalog_state', null),
  catalog_state_singleton_check: breaks('catalog_state', { singleton: false }),
  plan_versions_resources_check: breaks('plan_versions', { cpu_millicores: 0 }),
  clusters_name_key: breaks('clusters', { uid: null }),
  clusters_uid_key: breaks('clusters', { name: 'another' }),
  clusters_name_check: breaks('clusters', { name: '1st' }),
  clusters_capacity_check: breaks('clusters', { cpu_overcommit_percent: 0 }),
  workers_cluster_id_name_key: breaks('workers', null),
  workers_ready_check: breaks('workers', { ready: false }),
  workers_schedulable_check: breaks('workers', { status: 'MAINTENANCE' }),
  workers_amounts_check: breaks('workers', { memory_used_bytes: -1 }),
  subscriptions_organization_id_name_key: breaks('subscriptions', null),
  subscriptions_name_check: breaks('subscriptions', { name: long }),
  subscriptions_generation_check: breaks('subscriptions', { observed_generation: 2 }),
  subscriptions_retention_check: breaks('subscriptions', { entitlement: 'EXPIRED' }),
  subscriptions_previous_entitlement_check: breaks('subscriptions', { entitlement: 'SUSPENDED' }),
  subscriptions_terminated_check: breaks('subscriptions', { entitlement: 'TERMINATED' }),
  subscriptions_version_check: breaks('subscriptions', { version: 0 }),
  subscriptions_plan_version_id_fkey: breaks('subscriptions', { name: 'other', plan_version_id: newId() }),
  holds_open_key: breaks('holds', null),
  holds_lifted_at_check: breaks('holds', { lifted_at: past }),
  endpoints_subscription_id_name_key: breaks('endpoints', null),
  endpoints_port_check: breaks('endpoints', { port: 65_536 }),
  endpoints_subscription_id_organization_id_cluster_id_fkey: breaks('endpoints', {
    name: 'o',
    organization_id: newId(),
  }),
  volumes_subscription_id_name_key: breaks('volumes', null),
  volumes_size_bytes_check: breaks('volumes', { size_bytes: 0 }),
  volumes_subscription_id_organization_id_cluster_id_fkey: breaks('volumes', {
    name: 'other',
    organization_id: newId(),
  }),
  reservations_resources_check: breaks('reservations', { memory_bytes: 0 }),
  operations_unfinished_key: breaks('operations', null),
  operations_generation_check: breaks('operations', { generation: 0 }),
  operations_progress_check: breaks('operations', { progress: 101 }),
  operations_started_at_check: breaks('operations', { state: 'RUNNING' }),
  operations_finished_at_check: breaks('operations', { state: 'SUCCEEDED' }),
  operations_cause_check: breaks('operations', { state: 'FAILED', finished_at: past }),
  operations_remaining_milliseconds_check: breaks('operations', { remaining_milliseconds: -1 }),
  pods_restarts_check: breaks('pods', { restarts: -1 }),
  pods_subscription_id_organization_id_cluster_id_fkey: breaks('pods', { organization_id: newId() }),
  leases_epoch_check: breaks('leases', { epoch: -1 }),
  notifications_attempts_check: breaks('notifications', { attempts: -1 }),
  notifications_pending_check: breaks('notifications', { state: 'PENDING', data_encrypted: null }),
  notifications_sent_check: breaks('notifications', { state: 'SENT', sent_at: null }),
}

test.each(Object.entries(breaches))('%s', async (constraint, { table, change }) => {
  expect(constraintOf(await copyOf(table, change).catch((error: unknown) => error))).toBe(constraint)
})

test('every check and every unique rule has a row that breaks it above', async () => {
  const rules = await database.query<{ name: string }>(
    `SELECT conname AS name FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace
     UNION SELECT indexrelid::regclass::text FROM pg_index
       WHERE indisunique AND NOT indisprimary AND indrelid::regclass::text NOT LIKE 'pg_%'
         AND indnatts = indnkeyatts AND indexrelid::regclass::text NOT LIKE 'pg_%'`,
  )
  // Unique because their first column is: foreign keys need them, nobody can break them.
  const keys = [
    'subscriptions_id_organization_id_cluster_id_key',
    'reservations_subscription_id_organization_id_cluster_id_key',
  ]
  const untested = rules.map(({ name }) => name).filter((name) => !(name in breaches) && !keys.includes(name))
  expect(untested).toEqual([])
})

test.each([
  ['service_revisions', 'service_revisions_immutable', `UPDATE service_revisions SET source = 'another'`],
  ['service_revisions', 'service_revisions_no_truncate', `TRUNCATE service_revisions CASCADE`],
  ['plan_versions', 'plan_versions_immutable', `UPDATE plan_versions SET price_minor_units = 1`],
  ['plan_versions', 'plan_versions_no_truncate', `TRUNCATE plan_versions CASCADE`],
  ['audit_events', 'audit_events_append_only', `UPDATE audit_events SET action = 'another'`],
  ['audit_events', 'audit_events_append_only', `DELETE FROM audit_events`],
  ['audit_events', 'audit_events_no_truncate', `TRUNCATE audit_events CASCADE`],
  ['generated_secrets', 'generated_secrets_immutable', `UPDATE generated_secrets SET value_encrypted = 'another'`],
  ['generated_secrets', 'generated_secrets_no_truncate', `TRUNCATE generated_secrets`],
])('%s refuses a change: %s, %s', async (table, rule, statement) => {
  const rows = () => database.query(`SELECT * FROM ${table}`)
  const before = await rows()
  expect(before).toHaveLength(1)
  expect(constraintOf(await database.query(statement).catch((error: unknown) => error))).toBe(rule)
  expect(await rows()).toEqual(before)
})

test('the name of a terminated subscription is free again', async () => {
  const gone = { entitlement: 'TERMINATED', terminated_at: past, purge_requested_at: past }
  await copyOf('subscriptions', { id: newId(), ...gone })
  await copyOf('subscriptions', { id: newId(), ...gone })
})

/** Checks come before unique indexes, so a copy with the same id breaks the check first. */
async function copyOf(table: string, change: Breach['change']): Promise<unknown> {
  const values = { ...(change === null || !('id' in change) ? { id: newId() } : {}), ...change }
  // What the database generates cannot be given.
  const [{ columns } = { columns: '' }] = await database.query<{ columns: string }>(
    `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
    [table],
  )
  return database.query(
    `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM
       (SELECT (jsonb_populate_record(original, $1)).* FROM ${table} AS original
        WHERE original.ctid = (SELECT min(ctid) FROM ${table})) AS changed`,
    [JSON.stringify(values)],
  )
}

async function writeOneRowOfEach({ prisma }: Database): Promise<void> {
  const { user, organization } = await makeUser(prisma, { email: 'one@example.test' })
  const cluster = await makeCluster(prisma, { uid: newId() })
  const made = await makeService(prisma)
  const { id: subscriptionId } = await makeSubscription(prisma, { organization, user, made, cluster })
  const owner = { subscriptionId, organizationId: organization.id, clusterId: cluster.id }
  const soon = new Date(Date.now() + 60_000)
  await prisma.installation.create({ data: { id: newId(), encryptionCheck: 'sealed' } })
  await prisma.session.create({
    data: { id: newId(), userId: user.id, lastUsedAt: soon, idleExpiresAt: soon, absoluteExpiresAt: soon },
  })
  const hash = new Uint8Array(32)
  const proof = { userId: user.id, tokenHash: hash }
  await prisma.oneTimeToken.create({ data: { id: newId(), ...proof, kind: 'VERIFY_EMAIL', expiresAt: soon } })
  await prisma.recoveryCode.create({ data: { id: newId(), userId: user.id, codeHash: hash } })
  await prisma.accessToken.create({
    data: { id: newId(), ...proof, name: 'ci', hint: 'berth_', scopes: ['account:read'] },
  })
  const { id: sessionId } = await prisma.session.findFirstOrThrow()
  await prisma.refreshToken.create({ data: { id: newId(), sessionId, tokenHash: hash } })
  await prisma.worker.create({
    data: { id: newId(), clusterId: cluster.id, name: 'node', status: 'ACTIVE', ready: true, schedulable: true },
  })
  await prisma.hold.create({ data: { id: newId(), subscriptionId, reason: 'CUSTOMER' } })
  await prisma.endpoint.create({
    data: {
      id: newId(),
      ...owner,
      name: 'web',
      kind: 'HTTP',
      scope: 'PUBLIC',
      host: 'web.example.test',
      port: 443,
      targetService: 'web',
      targetPort: 80,
    },
  })
  await prisma.volume.create({ data: { id: newId(), ...owner, name: 'data', claimName: 'data', sizeBytes: 1n } })
  await prisma.operation.create({ data: { id: newId(), ...owner, kind: 'PROVISION', generation: 1 } })
  const seen = { createdAt: soon, observedAt: soon }
  await prisma.pod.create({ data: { id: newId(), ...owner, name: 'p', component: 'web', phase: 'RUNNING', ...seen } })
  await prisma.lease.create({ data: { key: 'key', holder: 'holder', epoch: 1n, expiresAt: soon } })
  await prisma.generatedSecret.create({ data: { subscriptionId, name: 'password', valueEncrypted: 'sealed' } })
  await prisma.notification.create({
    data: { id: newId(), kind: 'welcome', recipient: user.email, dataEncrypted: 'v1' },
  })
  await prisma.auditEvent.create({ data: { id: newId(), action: 'test', targetType: 'user', result: 'SUCCEEDED' } })
}
