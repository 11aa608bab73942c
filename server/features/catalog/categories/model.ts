import { z } from 'zod'
import { idParam, time } from '../../../http/schemas.ts'
import { iconSchema, iconShown, readIcon } from '../icon.ts'
import { name, position, slug } from '../fields.ts'
import type { CategoryWithCount } from './store.ts'

const description = z.string().trim().max(500)

export const newCategory = z
  .strictObject({
    slug,
    name,
    description: description.default(''),
    icon: iconSchema.nullable().default(null),
    position: position.default(0),
  })
  .meta({ id: 'NewCategory' })

/** JSON merge patch. The slug stands in addresses and stays. */
export const categoryPatch = z
  .strictObject({
    name: name.exactOptional(),
    description: description.exactOptional(),
    icon: iconSchema.nullable().exactOptional(),
    position: position.exactOptional(),
  })
  .meta({ id: 'CategoryPatch' })

export const categoryOfOperator = z
  .object({
    id: idParam('category'),
    slug: z.string(),
    name: z.string(),
    description: z.string(),
    icon: iconShown.nullable(),
    position: z.int(),
    services: z.int().meta({ description: 'How many services it has, whatever their status.' }),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'CategoryOfOperator' })

export const categoryModel = ({ _count, ...category }: CategoryWithCount): z.output<typeof categoryOfOperator> => ({
  ...category,
  icon: readIcon(category.icon) ?? null,
  services: _count.services,
})
