import type { Category, Plan, PlanVersion, Prisma, Service, ServiceRevision } from '../../../db/generated/client.ts'
import type { Database, Db, Tx } from '../../../db/database.ts'

/**
 * Who looks sees the published services of everybody and those of the own organizations. Retired ones are found by
 * name, so that an order of one is told why it is refused, but are not listed.
 */
export type Viewer = { organizationIds: readonly string[] }

const visibleTo = ({ organizationIds }: Viewer): Prisma.ServiceWhereInput => ({
  OR: [{ organizationId: null }, { organizationId: { in: [...organizationIds] } }],
})

const parts = {
  category: true,
  currentRevision: true,
  plans: {
    where: { visible: true, currentVersionId: { not: null } },
    include: { currentVersion: true },
    orderBy: [{ position: 'asc' }, { name: 'asc' }],
  },
  prices: { orderBy: [{ monthlyMinorUnits: 'asc' }, { currency: 'asc' }] },
} satisfies Prisma.ServiceInclude

export type ServiceWithParts = Service & {
  category: Category
  currentRevision: ServiceRevision
  plans: (Plan & { currentVersion: PlanVersion })[]
  prices: { planId: string }[]
}

/** What an ETag of the public catalog is made of: it is raised by every change of what the catalog shows. */
export async function catalogVersion(database: Database): Promise<string> {
  const [row] = await database.query<{ version: string }>('SELECT version FROM catalog_state')
  return row?.version ?? '0'
}

export type CategoryRow = Pick<Category, 'id' | 'slug' | 'name' | 'description' | 'icon'> & { services: number }

export async function listCategories(db: Db): Promise<CategoryRow[]> {
  const categories = await db.category.findMany({
    include: { _count: { select: { services: { where: { status: 'PUBLISHED', organizationId: null } } } } },
    orderBy: [{ position: 'asc' }, { name: 'asc' }],
  })
  return categories.map(({ _count, ...category }) => ({ ...category, services: _count.services }))
}

export const findCategoryIcon = (db: Db, slug: string) =>
  db.category.findUnique({ where: { slug }, select: { name: true, slug: true, icon: true } })

/** One row of a list: what is shown of a service beside others. Counts and money come as text, as `pg` gives them. */
export type SummaryRow = {
  id: string
  slug: string
  name: string
  tagline: string
  icon: unknown
  organizationId: string | null
  tags: string[]
  categorySlug: string
  categoryName: string
  currency: string | null
  priceMinorUnits: string | null
  interval: PlanVersion['interval'] | null
  /** What the list is sorted by, as text. */
  sortKey: string
}

/** A service by slug that is published or was; drafts do not exist for who is not their author. */
export async function findService(db: Db | Tx, viewer: Viewer, slug: string): Promise<ServiceWithParts | null> {
  return complete(
    await db.service.findFirst({
      where: { AND: [{ slug, status: { in: ['PUBLISHED', 'RETIRED'] } }, visibleTo(viewer)] },
      include: parts,
    }),
  )
}

/** The same by one of its visible plans. */
export async function findServiceOfPlan(db: Db, viewer: Viewer, planId: string): Promise<ServiceWithParts | null> {
  return complete(
    await db.service.findFirst({
      where: {
        AND: [
          { status: { in: ['PUBLISHED', 'RETIRED'] }, plans: { some: { id: planId, visible: true } } },
          visibleTo(viewer),
        ],
      },
      include: parts,
    }),
  )
}

/** The slugs of what the viewer may order. */
export async function publishedSlugs(db: Db | Tx, viewer: Viewer): Promise<string[]> {
  const where = { AND: [{ status: 'PUBLISHED' as const }, visibleTo(viewer)] }
  return (await db.service.findMany({ where, select: { slug: true } })).map(({ slug }) => slug)
}

type Found = Prisma.ServiceGetPayload<{ include: typeof parts }>
function complete(service: Found | null): ServiceWithParts | null {
  if (!service?.currentRevision) return null
  const plans = service.plans.flatMap(({ currentVersion, ...plan }) =>
    currentVersion ? [{ ...plan, currentVersion }] : [],
  )
  return { ...service, currentRevision: service.currentRevision, plans }
}

export const findRevision = (db: Db, id: string): Promise<ServiceRevision | null> =>
  db.serviceRevision.findUnique({ where: { id } })
