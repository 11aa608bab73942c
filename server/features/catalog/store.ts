import type { Category, Plan, PlanVersion, Prisma, Service, ServiceRevision } from '../../db/generated/client.ts'
import type { Db, Tx } from '../../db/database.ts'

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
    where: { visible: true },
    include: { currentVersion: true },
    orderBy: [{ position: 'asc' }, { name: 'asc' }],
  },
} satisfies Prisma.ServiceInclude

export type ServiceWithParts = Service & {
  category: Category
  currentRevision: ServiceRevision | null
  plans: (Plan & { currentVersion: PlanVersion | null })[]
}

export const listCategories = (db: Db): Promise<(Category & { _count: { services: number } })[]> =>
  db.category.findMany({
    include: { _count: { select: { services: { where: { status: 'PUBLISHED', organizationId: null } } } } },
    orderBy: [{ position: 'asc' }, { name: 'asc' }],
  })

export const listServices = (
  db: Db,
  viewer: Viewer,
  { category, q }: { category?: string | undefined; q?: string | undefined },
  { limit, after }: { limit: number; after: { name: string; id: string } | undefined },
): Promise<ServiceWithParts[]> =>
  db.service.findMany({
    where: {
      AND: [
        { status: 'PUBLISHED' },
        visibleTo(viewer),
        category === undefined ? {} : { category: { slug: category } },
        q === undefined
          ? {}
          : {
              OR: [
                { name: { contains: q, mode: 'insensitive' } },
                { tagline: { contains: q, mode: 'insensitive' } },
                { tags: { has: q.toLowerCase() } },
              ],
            },
        after ? { OR: [{ name: { gt: after.name } }, { name: after.name, id: { gt: after.id } }] } : {},
      ],
    },
    include: parts,
    orderBy: [{ name: 'asc' }, { id: 'asc' }],
    take: limit + 1,
  })

/** A service by slug that is published or was; drafts do not exist for who is not their author. */
export const findService = (db: Db | Tx, viewer: Viewer, slug: string): Promise<ServiceWithParts | null> =>
  db.service.findFirst({
    where: { AND: [{ slug, status: { in: ['PUBLISHED', 'RETIRED'] } }, visibleTo(viewer)] },
    include: parts,
  })

export const findRevision = (db: Db, id: string): Promise<ServiceRevision | null> =>
  db.serviceRevision.findUnique({ where: { id } })
