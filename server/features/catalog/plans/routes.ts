import { z } from 'zod'
import { etagOf, expectedVersion } from '../../../http/etag.ts'
import { pageOf } from '../../../http/page.ts'
import { reply, route, type Route } from '../../../http/route.ts'
import { idParam } from '../../../http/schemas.ts'
import { status } from '../../../http/status.ts'
import { newPlan, planModel, planOfOperator, planPatch, planVersion, versionModel } from './model.ts'
import type { Plans } from './service.ts'

const tags = ['Catalog administration']
const params = z.strictObject({ planId: idParam('plan') })
const ofService = z.strictObject({ serviceId: idParam('service') })
const etag = { ETag: 'Changes with the plan; send it as If-Match.' }
const one = { description: 'The plan', schema: planOfOperator, headers: etag }

export const planRoutes = (plans: Plans): Route[] => [
  route({
    method: 'get',
    path: '/services/:serviceId/plans',
    permission: 'administrator',
    scope: 'admin:read',
    summary: 'All plans of a service, hidden ones too, in their order',
    tags,
    params: ofService,
    responses: { [status.ok]: { description: 'All of them, on one page', schema: pageOf(planOfOperator) } },
    async handler({ params }) {
      const data = (await plans.ofService(params.serviceId)).map(planModel)
      return reply(status.ok, { data, page: { nextCursor: null, total: data.length } })
    },
  }),
  route({
    method: 'post',
    path: '/services/:serviceId/plans',
    permission: 'administrator',
    scope: 'admin:write',
    summary: 'Make a plan',
    tags,
    idempotent: true,
    params: ofService,
    body: newPlan,
    responses: { [status.created]: one },
    handler: ({ transaction, caller, params, body }) =>
      transaction(async (tx) => {
        const plan = await plans.create(tx, caller, params.serviceId, body)
        return reply(status.created, planModel(plan), { ETag: etagOf(plan.version) })
      }),
  }),
  route({
    method: 'get',
    path: '/plans/:planId',
    permission: 'administrator',
    scope: 'admin:read',
    summary: 'One plan',
    tags,
    params,
    responses: { [status.ok]: one },
    async handler({ params }) {
      const plan = await plans.get(params.planId)
      return reply(status.ok, planModel(plan), { ETag: etagOf(plan.version) })
    },
  }),
  route({
    method: 'patch',
    path: '/plans/:planId',
    permission: 'administrator',
    scope: 'admin:write',
    summary: 'Change a plan',
    description:
      'JSON merge patch. Other terms (price, interval, trial, resources, limits) are another version, for whoever orders from then on: subscriptions keep the version that they were ordered with.',
    tags,
    params,
    body: planPatch,
    responses: { [status.ok]: one },
    problems: [status.conflict],
    async handler({ caller, params, body, request }) {
      const plan = await plans.update(caller, params.planId, body, expectedVersion(request))
      return reply(status.ok, planModel(plan), { ETag: etagOf(plan.version) })
    },
  }),
  route({
    method: 'delete',
    path: '/plans/:planId',
    permission: 'administrator',
    scope: 'admin:write',
    summary: 'Delete a plan that nobody ever subscribed to',
    tags,
    params,
    responses: { [status.noContent]: { description: 'It is gone' } },
    problems: [status.conflict, status.preconditionFailed],
    async handler({ caller, params, request }) {
      await plans.remove(caller, params.planId, expectedVersion(request))
      return reply(status.noContent)
    },
  }),
  route({
    method: 'get',
    path: '/plans/:planId/versions',
    permission: 'administrator',
    scope: 'admin:read',
    summary: 'The terms that a plan has and had, newest first',
    tags,
    params,
    responses: { [status.ok]: { description: 'All of them, on one page', schema: pageOf(planVersion) } },
    async handler({ params }) {
      const data = (await plans.versions(params.planId)).map(versionModel)
      return reply(status.ok, { data, page: { nextCursor: null, total: data.length } })
    },
  }),
]
