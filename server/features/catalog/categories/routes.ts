import { z } from 'zod'
import { etagOf, expectedVersion } from '../../../http/etag.ts'
import { pageOf } from '../../../http/page.ts'
import { reply, route, type Route } from '../../../http/route.ts'
import { idParam } from '../../../http/schemas.ts'
import { status } from '../../../http/status.ts'
import { categoryModel, categoryOfOperator, categoryPatch, newCategory } from './model.ts'
import type { Categories } from './service.ts'

const tags = ['Catalog administration']
const params = z.strictObject({ categoryId: idParam('category') })
const etag = { ETag: 'Changes with the category; send it as If-Match.' }
const one = { description: 'The category', schema: categoryOfOperator, headers: etag }

export const categoryRoutes = (categories: Categories): Route[] => [
  route({
    method: 'get',
    path: '/categories',
    permission: 'administrator',
    scope: 'admin:read',
    summary: 'All categories, in their order',
    tags,
    query: z.strictObject({}),
    responses: { [status.ok]: { description: 'All of them, on one page', schema: pageOf(categoryOfOperator) } },
    async handler() {
      const data = (await categories.all()).map(categoryModel)
      return reply(status.ok, { data, page: { nextCursor: null, total: data.length } })
    },
  }),
  route({
    method: 'post',
    path: '/categories',
    permission: 'administrator',
    scope: 'admin:write',
    summary: 'Make a category',
    tags,
    idempotent: true,
    body: newCategory,
    responses: { [status.created]: one },
    problems: [status.conflict],
    handler: ({ transaction, caller, body }) =>
      transaction(async (tx) => {
        const category = await categories.create(tx, caller, body)
        return reply(status.created, categoryModel(category), { ETag: etagOf(category.version) })
      }),
  }),
  route({
    method: 'get',
    path: '/categories/:categoryId',
    permission: 'administrator',
    scope: 'admin:read',
    summary: 'One category',
    tags,
    params,
    responses: { [status.ok]: one },
    async handler({ params }) {
      const category = await categories.get(params.categoryId)
      return reply(status.ok, categoryModel(category), { ETag: etagOf(category.version) })
    },
  }),
  route({
    method: 'patch',
    path: '/categories/:categoryId',
    permission: 'administrator',
    scope: 'admin:write',
    summary: 'Change a category',
    description: 'JSON merge patch: what is absent stays as it is. The slug stands in addresses and never changes.',
    tags,
    params,
    body: categoryPatch,
    responses: { [status.ok]: one },
    async handler({ caller, params, body, request }) {
      const category = await categories.update(caller, params.categoryId, body, expectedVersion(request))
      return reply(status.ok, categoryModel(category), { ETag: etagOf(category.version) })
    },
  }),
  route({
    method: 'delete',
    path: '/categories/:categoryId',
    permission: 'administrator',
    scope: 'admin:write',
    summary: 'Delete an empty category',
    tags,
    params,
    responses: { [status.noContent]: { description: 'It is gone' } },
    problems: [status.conflict, status.preconditionFailed],
    async handler({ caller, params, request }) {
      await categories.remove(caller, params.categoryId, expectedVersion(request))
      return reply(status.noContent)
    },
  }),
]
