import { Prisma, type Db, type Tx } from '../../../db/database.ts'
import type { Category, Service, ServiceStatus } from '../../../db/generated/client.ts'
import { literally } from '../../../db/like.ts'
import { newId } from '../../../lib/ids.ts'
import type { Link } from '../fields.ts'
import type { Icon } from '../icon.ts'
import { deletePlans, type PlanWithVersion } from '../plans/store.ts'

export type ServiceOfOperator = Service & {
  category: Category
  currentRevision: { number: number } | null
  plans: PlanWithVersion[]
  subscriptions: number
  everSubscribed: boolean
}
export type ServiceValues = Pick<
  Service,
  'categoryId' | 'name' | 'tagline' | 'description' | 'documentationUrl' | 'tags' | 'retentionDays'
> & { icon: Icon | null; links: Link[] }

const parts = {
  category: true,
  currentRevision: { select: { number: true } },
  plans: {
    where: { currentVersionId: { not: null } },
    include: { currentVersion: true },
    orderBy: [{ position: 'asc' }, { name: 'asc' }, { id: 'asc' }],
  },
} satisfies Prisma.ServiceInclude
type Found = Prisma.ServiceGetPayload<{ include: typeof parts }>

/** Subscriptions are counted by index for the services at hand, and not row by row. */
async function withCounts(db: Db | Tx, services: readonly Found[]): Promise<ServiceOfOperator[]> {
  const counts = await db.$queryRaw<{ id: string; living: bigint }[]>`
    SELECT service_id AS id, count(*) FILTER (WHERE entitlement <> 'TERMINATED') AS living
    FROM subscriptions WHERE service_id = ANY(${services.map(({ id }) => id)}::uuid[]) GROUP BY service_id`
  const living = new Map(counts.map(({ id, living }) => [id, Number(living)]))
  return services.map((service) => ({
    ...service,
    plans: service.plans.flatMap(({ currentVersion, ...plan }) =>
      currentVersion ? [{ ...plan, currentVersion }] : [],
    ),
    subscriptions: living.get(service.id) ?? 0,
    everSubscribed: living.has(service.id),
  }))
}

export async function findServiceById(db: Db | Tx, id: string): Promise<ServiceOfOperator | undefined> {
  const found = await db.service.findUnique({ where: { id }, include: parts })
  return found ? (await withCounts(db, [found]))[0] : undefined
}

export type ServiceFilter = {
  q?: string | undefined
  status?: ServiceStatus | undefined
  category?: string | undefined
  organizationId?: string | undefined
}

/** By name, after the cursor; one more than asked for tells whether there are more. */
export async function listAllServices(
  db: Db,
  { q, status, category, organizationId }: ServiceFilter,
  { limit, after }: { limit: number; after: { name: string; id: string } | undefined },
): Promise<ServiceOfOperator[]> {
  const services = await db.service.findMany({
    where: {
      AND: [
        status === undefined ? {} : { status },
        category === undefined ? {} : { category: { slug: category } },
        organizationId === undefined ? {} : { organizationId },
        q === undefined
          ? {}
          : {
              OR: [
                { name: { contains: literally(q), mode: 'insensitive' } },
                { slug: { contains: literally(q.toLowerCase()) } },
              ],
            },
        after ? { OR: [{ name: { gt: after.name } }, { name: after.name, id: { gt: after.id } }] } : {},
      ],
    },
    include: parts,
    orderBy: [{ name: 'asc' }, { id: 'asc' }],
    take: limit + 1,
  })
  return withCounts(db, services)
}

/** JSON null is a value of its own to Prisma. */
const columnsOf = <Values extends Partial<ServiceValues>>({ icon, ...values }: Values) => ({
  ...values,
  ...(icon !== undefined && { icon: icon ?? Prisma.DbNull }),
})

export async function insertService(
  tx: Tx,
  { slug, organizationId }: Pick<Service, 'slug' | 'organizationId'>,
  values: ServiceValues,
): Promise<string> {
  const id = newId()
  await tx.service.create({ data: { id, slug, organizationId, ...columnsOf(values) } })
  return id
}

export type ServiceChange = Partial<ServiceValues> & {
  status?: ServiceStatus
  publishedAt?: Date
  currentRevisionId?: string
}

/** Whether it was changed: not where it is no longer in the expected version. */
export async function updateService(
  tx: Tx,
  id: string,
  expectedVersion: number | undefined,
  change: ServiceChange,
): Promise<boolean> {
  const { count } = await tx.service.updateMany({
    where: { id, ...(expectedVersion !== undefined && { version: expectedVersion }) },
    data: { ...columnsOf(change), version: { increment: 1 } },
  })
  return count > 0
}

/** With its plans and revisions. Throws where a subscription refers to any of it. */
export async function deleteService(tx: Tx, id: string): Promise<void> {
  await tx.service.update({ where: { id }, data: { status: 'DRAFT', currentRevisionId: null } })
  await deletePlans(tx, { serviceId: id })
  await tx.serviceRevision.deleteMany({ where: { serviceId: id } })
  await tx.service.delete({ where: { id } })
}
