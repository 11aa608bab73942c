import { constraintOf, type Database, type Tx } from '../../../db/database.ts'
import { versionChanged } from '../../../http/etag.ts'
import { conflict } from '../../../lib/errors.ts'
import { categoryAbsent, unlessTaken } from '../refusals.ts'
import { trail, type Actor } from '../trail.ts'
import * as store from './store.ts'

export type Categories = ReturnType<typeof createCategories>

/** The shelves of the catalog. One with services on it stays. */
export function createCategories({ database }: { database: Database }) {
  const get = async (tx: Tx | Database['prisma'], id: string): Promise<store.CategoryWithCount> => {
    const category = await store.findCategory(tx, id)
    if (!category) throw categoryAbsent()
    return category
  }

  return {
    all: () => store.allCategories(database.prisma),
    get: (id: string) => get(database.prisma, id),

    async create(
      tx: Tx,
      actor: Actor,
      { slug, ...values }: store.CategoryValues & { slug: string },
    ): Promise<store.CategoryWithCount> {
      const category = await unlessTaken('categories_slug_key', slug, () => store.insertCategory(tx, slug, values))
      await trail(tx, actor, { action: 'category.create', targetId: category.id, after: { slug, name: values.name } })
      return category
    },

    update: (actor: Actor, id: string, change: Partial<store.CategoryValues>, expectedVersion: number | undefined) =>
      database.transaction(async (tx) => {
        const before = await get(tx, id)
        const after = await store.updateCategory(tx, id, expectedVersion, change)
        if (!after) throw versionChanged()
        await trail(tx, actor, {
          action: 'category.update',
          targetId: id,
          before: shownOf(before),
          after: shownOf(after),
        })
        return after
      }),

    remove: (actor: Actor, id: string, expectedVersion: number | undefined): Promise<void> =>
      database.transaction(async (tx) => {
        const category = await get(tx, id)
        if (category._count.services > 0) throw inUse(category)
        if (!(await deleteEmpty(tx, category, expectedVersion))) throw versionChanged()
        await trail(tx, actor, { action: 'category.delete', targetId: id, before: shownOf(category) })
      }),
  }
}

/** A service that came in this very moment keeps it, too. */
async function deleteEmpty(tx: Tx, category: store.CategoryWithCount, expectedVersion: number | undefined) {
  try {
    return await store.deleteCategory(tx, category.id, expectedVersion)
  } catch (error) {
    if (constraintOf(error) === 'services_category_id_fkey') throw inUse(category)
    throw error
  }
}

const inUse = ({ name, _count: { services } }: store.CategoryWithCount) =>
  conflict('CATEGORY_IN_USE', `There are services in "${name}": move them to another category first.`, {
    extensions: { services },
  })

const shownOf = ({ slug, name, description, position }: store.CategoryWithCount) => ({
  slug,
  name,
  description,
  position,
})
