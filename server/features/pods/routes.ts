import { z } from 'zod'
import { PodPhase } from '../../db/generated/enums.ts'
import { reply, route, type Route } from '../../http/route.ts'
import { idParam, time } from '../../http/schemas.ts'
import { status } from '../../http/status.ts'
import type { PodService } from './service.ts'

const podSchema = z
  .object({
    id: idParam('pod'),
    name: z.string(),
    component: z.string().meta({ description: 'Which part of the service it runs.' }),
    phase: z.enum(PodPhase),
    ready: z.boolean(),
    restarts: z.int(),
    image: z.string().nullable(),
    reason: z.string().nullable(),
    message: z.string().nullable().meta({ description: 'Why it does not run, in words.' }),
    startedAt: time.nullable(),
    createdAt: time,
    observedAt: time,
  })
  .meta({ id: 'Pod' })

export const podRoutes = (pods: PodService): Route[] => [
  route({
    method: 'get',
    path: '/subscriptions/:subscriptionId/pods',
    permission: 'user',
    scope: 'subscriptions:read',
    summary: 'The pods of a subscription, as they were last observed',
    tags: ['Pods'],
    params: z.strictObject({ subscriptionId: idParam('subscription') }),
    responses: { [status.ok]: { description: 'Its pods', schema: z.object({ data: z.array(podSchema) }) } },
    handler: async ({ caller, params }) => reply(status.ok, { data: await pods.list(caller, params.subscriptionId) }),
  }),
]
