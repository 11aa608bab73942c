import { Prisma, type Db, type Tx } from '../../../db/database.ts'
import type { Category } from '../../../db/generated/client.ts'
import { newId } from '../../../lib/ids.ts'
import type { Icon } from '../icon.ts'

export type CategoryWithCount = Category & { _count: { services: number } }
export type CategoryValues = Pick<Category, 'name' | 'description' | 'position'> & { icon: Icon | null }

const counted = { _count: { select: { services: true } } } satisfies Prisma.CategoryInclude
const inOrder = [{ position: 'asc' }, { name: 'asc' }] satisfies Prisma.CategoryOrderByWithRelationInput[]

export const allCategories = (db: Db): Promise<CategoryWithCount[]> =>
  db.category.findMany({ include: counted, orderBy: inOrder })

export const findCategory = (db: Db | Tx, id: string): Promise<CategoryWithCount | null> =>
  db.category.findUnique({ where: { id }, include: counted })

export const findCategoryBySlug = (db: Db | Tx, slug: string): Promise<Category | null> =>
  db.category.findUnique({ where: { slug } })

/** JSON null is a value of its own to Prisma. */
const columnsOf = <Values extends Partial<CategoryValues>>({ icon, ...values }: Values) => ({
  ...values,
  ...(icon !== undefined && { icon: icon ?? Prisma.DbNull }),
})

export const insertCategory = (tx: Tx, slug: string, values: CategoryValues): Promise<CategoryWithCount> =>
  tx.category.create({ data: { id: newId(), slug, ...columnsOf(values) }, include: counted })

/** Null where it is no longer in the expected version. */
export async function updateCategory(
  tx: Tx,
  id: string,
  expectedVersion: number | undefined,
  change: Partial<CategoryValues>,
): Promise<CategoryWithCount | null> {
  const { count } = await tx.category.updateMany({
    where: { id, ...(expectedVersion !== undefined && { version: expectedVersion }) },
    data: { ...columnsOf(change), version: { increment: 1 } },
  })
  return count === 0 ? null : findCategory(tx, id)
}

/** Whether it was deleted: not where it is no longer in the expected version. */
export async function deleteCategory(tx: Tx, id: string, expectedVersion: number | undefined): Promise<boolean> {
  const where = { id, ...(expectedVersion !== undefined && { version: expectedVersion }) }
  return (await tx.category.deleteMany({ where })).count > 0
}
