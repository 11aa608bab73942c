import { constraintOf } from '../../db/database.ts'
import { conflict, notFound, unprocessable } from '../../lib/errors.ts'

/** What the parts of the catalog refuse in the same words. */

export const categoryAbsent = () => notFound('CATEGORY_NOT_FOUND', 'There is no such category.')
export const serviceAbsent = () => notFound('SERVICE_NOT_FOUND', 'There is no such service.')
export const planAbsent = () => notFound('PLAN_NOT_FOUND', 'There is no such plan.')
export const revisionAbsent = (number?: number) =>
  notFound(
    'REVISION_NOT_FOUND',
    number === undefined ? 'The service has no revision yet.' : `The service has no revision ${number}.`,
  )

export const templateUnchanged = (number: number) =>
  conflict('TEMPLATE_UNCHANGED', `Revision ${number}, the newest, has this very template: nothing was added.`)

/** A body that names a category which does not exist is understood and impossible. */
export const categoryUnknown = (slug: string) =>
  unprocessable('CATEGORY_NOT_FOUND', `There is no category "${slug}".`, {
    fields: [{ pointer: '/category', detail: 'is not a category' }],
  })

/** What has a slug, by the unique rule that says so. */
const slugged = {
  categories_slug_key: 'a category',
  services_slug_key: 'a service',
  plans_service_id_slug_key: 'a plan of this service',
} as const

/** Runs a write; where a unique rule says that the slug is taken, it says so in words, and by what. */
export async function unlessTaken<T>(rule: keyof typeof slugged, slug: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    if (constraintOf(error) !== rule) throw error
    throw conflict('SLUG_TAKEN', `There is ${slugged[rule]} with the slug "${slug}" already: choose another one.`, {
      fields: [{ pointer: '/slug', detail: 'is taken' }],
    })
  }
}
