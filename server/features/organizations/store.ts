import type { Db, Tx } from '../../db/database.ts'
import type { MembershipRole, Organization } from '../../db/generated/client.ts'
import { literally } from '../../db/like.ts'
import type { Caller } from '../../http/route.ts'
import type { Amounts } from './limits.ts'

/** Every query on organizations: scoped by who asks, so that another's is absent. */

export type OrganizationWithRole = Organization & { role: MembershipRole | null }

const isAdministrator = ({ role }: Caller) => role === 'ADMINISTRATOR'
const withRole = ({ userId }: Caller) => ({ memberships: { where: { userId }, select: { role: true } } })
type WithMemberships = Organization & { memberships: { role: MembershipRole }[] }
const roleOf = ({ memberships, ...row }: WithMemberships): OrganizationWithRole => ({
  ...row,
  role: memberships[0]?.role ?? null,
})

export async function findOrganization(db: Db | Tx, caller: Caller, id: string): Promise<OrganizationWithRole | null> {
  const own = { userId: caller.userId }
  const row = await db.organization.findFirst({
    where: { id, ...(!isAdministrator(caller) && { memberships: { some: own } }) },
    include: withRole(caller),
  })
  return row && roleOf(row)
}

export type OrganizationFilter = { q?: string | undefined; mine?: boolean | undefined }

/** Newest first, after the cursor; one more than asked for tells whether there are more. */
export async function listOrganizations(
  db: Db,
  caller: Caller,
  { q, mine }: OrganizationFilter,
  { limit, after }: { limit: number; after: { createdAt: Date; id: string } | undefined },
): Promise<OrganizationWithRole[]> {
  const all = isAdministrator(caller) && mine !== true
  const prefix = q === undefined ? null : `${literally(q.toLowerCase())}%`
  const found = await db.$queryRaw<{ id: string }[]>`
    SELECT o.id FROM organizations o
     WHERE (${all}::boolean OR o.id = ANY(${[...caller.organizationIds]}::uuid[]))
       AND (${prefix}::text IS NULL OR lower(o.name) LIKE ${prefix}::text)
       AND (${after?.id ?? null}::uuid IS NULL
            OR (o.created_at, o.id) < (${after?.createdAt ?? null}::timestamptz, ${after?.id ?? null}::uuid))
     ORDER BY o.created_at DESC, o.id DESC
     LIMIT ${limit + 1}::int`
  const rows = await db.organization.findMany({
    where: { id: { in: found.map(({ id }) => id) } },
    include: withRole(caller),
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  })
  return rows.map(roleOf)
}

export type OrganizationChange = Partial<
  Pick<
    Organization,
    | 'name'
    | 'billingName'
    | 'billingAddress'
    | 'country'
    | 'vatId'
    | 'maxSubscriptions'
    | 'maxCpuMillicores'
    | 'maxMemoryBytes'
    | 'maxStorageBytes'
  >
>

/** Undefined where it is gone or no longer in the expected version. */
export async function updateOrganization(
  tx: Tx,
  { id, expectedVersion, now }: { id: string; expectedVersion: number | undefined; now: Date },
  change: OrganizationChange,
): Promise<Organization | undefined> {
  const [row] = await tx.organization.updateManyAndReturn({
    where: { id, ...(expectedVersion !== undefined && { version: expectedVersion }) },
    data: { ...change, version: { increment: 1 }, updatedAt: now },
  })
  return row
}

/** The user whose deletion removes what tells who stands behind it. */
export async function findOwner(tx: Tx, organizationId: string): Promise<string | undefined> {
  const where = { organizationId, role: 'OWNER' as const }
  const owner = await tx.membership.findFirst({ where, orderBy: { createdAt: 'asc' }, select: { userId: true } })
  return owner?.userId
}

/**
 * The organization, its row locked until the transaction ends: what two orders see as free, only one of them takes. Not
 * its key, which the rows of an order refer to and hold already: two orders would wait for each other.
 */
export async function lockOrganization(tx: Tx, id: string): Promise<Organization> {
  await tx.$queryRaw`SELECT 1 FROM organizations WHERE id = ${id}::uuid FOR NO KEY UPDATE`
  return tx.organization.findUniqueOrThrow({ where: { id } })
}

/** What its subscriptions hold. */
export async function sumHeld(db: Db | Tx, organizationId: string): Promise<Amounts> {
  const [row] = await db.$queryRaw<{ count: bigint; cpu: bigint; memory: bigint; storage: bigint }[]>`
    SELECT count(*) AS count, coalesce(sum(cpu_millicores), 0)::bigint AS cpu,
           coalesce(sum(memory_bytes), 0)::bigint AS memory, coalesce(sum(storage_bytes), 0)::bigint AS storage
      FROM reservations WHERE organization_id = ${organizationId}::uuid AND released_at IS NULL`
  return {
    subscriptions: Number(row?.count ?? 0),
    cpuMillicores: Number(row?.cpu ?? 0),
    memoryBytes: row?.memory ?? 0n,
    storageBytes: row?.storage ?? 0n,
  }
}
