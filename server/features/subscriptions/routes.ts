import { z } from 'zod'
import { Entitlement } from '../../db/generated/enums.ts'
import { createCursor, cursorTime, limit, pageOf, toPage } from '../../http/page.ts'
import { reply, route, type Route } from '../../http/route.ts'
import { idParam, orderParameters, queryInteger } from '../../http/schemas.ts'
import { status } from '../../http/status.ts'
import type { Operation } from '../../db/generated/client.ts'
import { encodeId } from '../../lib/ids.ts'
import { operationLocation, operationSchema } from '../operations/model.ts'
import { credentialsSchema, subscriptionModel, subscriptionSchema, upgradePlanSchema } from './model.ts'
import type { SubscriptionService } from './service.ts'

const tags = ['Subscriptions']
const params = z.strictObject({ subscriptionId: idParam('subscription') })
const cursor = createCursor(z.tuple([z.literal('subscriptions'), cursorTime, z.uuid()]))
const acceptedOperation = {
  [status.accepted]: {
    description: 'Accepted: the operation says how far it is',
    schema: operationSchema,
    headers: { Location: 'Where the operation is read' },
  },
} as const
const accepted = (operation: Operation) =>
  reply(status.accepted, operation, { Location: operationLocation(encodeId('operation', operation.id)) })

/** A DNS-1035 label: it names things that are reached by name. */
const subscriptionName = z
  .string()
  .max(63)
  .regex(
    /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
    'is not a DNS label: lower-case letters, digits and "-", beginning with a letter',
  )
  .meta({ examples: ['shop-database'] })

export const subscriptionRoutes = (subscriptions: SubscriptionService): Route[] => [
  route({
    method: 'post',
    path: '/subscriptions',
    permission: 'user',
    scope: 'subscriptions:write',
    summary: 'Subscribe to a plan of a service',
    description: 'Room for it is reserved before it is accepted. Follow the operation, or the events, until it runs.',
    tags,
    idempotent: true,
    body: z.strictObject({
      service: z
        .string()
        .min(1)
        .max(63)
        .meta({ description: 'The slug of a service.', examples: ['postgres'] }),
      plan: z
        .string()
        .min(1)
        .max(63)
        .meta({ description: 'The slug of one of its plans.', examples: ['small'] }),
      name: subscriptionName,
      parameters: orderParameters.optional(),
    }),
    responses: acceptedOperation,
    problems: [status.conflict, status.unprocessable],
    handler: ({ transaction, caller, body }) =>
      transaction(async (tx) => accepted(await subscriptions.create(tx, caller, body))),
  }),
  route({
    method: 'get',
    path: '/subscriptions',
    permission: 'user',
    scope: 'subscriptions:read',
    summary: 'List subscriptions, newest first; ended ones only when asked for',
    tags,
    query: z.strictObject({
      limit,
      cursor: cursor.schema.optional(),
      q: z.string().min(1).max(63).optional().meta({ description: 'A part of the name.' }),
      entitlement: z.enum(Entitlement).optional(),
      service: z.string().min(1).max(63).optional().meta({ description: 'The slug of a service.' }),
    }),
    responses: { [status.ok]: { description: 'One page of subscriptions', schema: pageOf(subscriptionSchema) } },
    async handler({ caller, query }) {
      const after = query.cursor && { createdAt: new Date(query.cursor[1]), id: query.cursor[2] }
      const rows = await subscriptions.list(caller, query, { limit: query.limit, after })
      const { data, page } = toPage(rows, query.limit, ({ createdAt, id }) =>
        cursor.write(['subscriptions', createdAt.toISOString(), id]),
      )
      return reply(status.ok, { data: data.map(subscriptionModel), page })
    },
  }),
  route({
    method: 'get',
    path: '/subscriptions/:subscriptionId',
    permission: 'user',
    scope: 'subscriptions:read',
    summary: 'One subscription: what is owed and what runs',
    tags,
    params,
    responses: { [status.ok]: { description: 'The subscription', schema: subscriptionSchema } },
    handler: async ({ caller, params }) =>
      reply(status.ok, subscriptionModel(await subscriptions.get(caller, params.subscriptionId))),
  }),
  route({
    method: 'get',
    path: '/subscriptions/:subscriptionId/credentials',
    permission: 'user',
    scope: 'credentials:read',
    summary: 'Addresses, users and passwords to connect with',
    tags,
    params,
    responses: { [status.ok]: { description: 'The connection, secrets in clear', schema: credentialsSchema } },
    problems: [status.conflict],
    handler: async ({ caller, params }) =>
      reply(status.ok, await subscriptions.credentials(caller, params.subscriptionId), { 'Cache-Control': 'no-store' }),
  }),
  route({
    method: 'post',
    path: '/subscriptions/:subscriptionId/cancel',
    permission: 'user',
    scope: 'subscriptions:write',
    summary: 'Cancel: it stops now, its data is kept until the retention is over',
    tags,
    idempotent: true,
    params,
    responses: acceptedOperation,
    problems: [status.conflict],
    handler: ({ transaction, caller, params }) =>
      transaction(async (tx) => accepted(await subscriptions.cancel(tx, caller, params.subscriptionId))),
  }),
  route({
    method: 'post',
    path: '/subscriptions/:subscriptionId/reactivate',
    permission: 'user',
    scope: 'subscriptions:write',
    summary: 'Take a cancellation back, with everything as it was',
    tags,
    idempotent: true,
    params,
    responses: acceptedOperation,
    problems: [status.conflict],
    handler: ({ transaction, caller, params }) =>
      transaction(async (tx) => accepted(await subscriptions.reactivate(tx, caller, params.subscriptionId))),
  }),
  route({
    method: 'post',
    path: '/subscriptions/:subscriptionId/purge',
    permission: 'user',
    scope: 'subscriptions:purge',
    summary: "Destroy a canceled subscription's data now, for good",
    tags,
    idempotent: true,
    params,
    body: z.strictObject({
      confirm: z.string().max(63).meta({ description: 'The name of the subscription, typed.' }),
    }),
    responses: acceptedOperation,
    problems: [status.conflict, status.unprocessable],
    handler: ({ transaction, caller, params, body }) =>
      transaction(async (tx) => accepted(await subscriptions.purge(tx, caller, params.subscriptionId, body.confirm))),
  }),
  route({
    method: 'post',
    path: '/subscriptions/:subscriptionId/restart',
    permission: 'user',
    scope: 'subscriptions:write',
    summary: 'Restart its pods, one after the other',
    tags,
    idempotent: true,
    params,
    responses: acceptedOperation,
    problems: [status.conflict],
    handler: ({ transaction, caller, params }) =>
      transaction(async (tx) => accepted(await subscriptions.restart(tx, caller, params.subscriptionId))),
  }),
  route({
    method: 'get',
    path: '/subscriptions/:subscriptionId/upgrade',
    permission: 'user',
    scope: 'subscriptions:read',
    summary: 'What an upgrade to another revision of its service would do',
    description:
      'Says what restarts, what comes and goes, and why it cannot be where it cannot. Changes nothing. Customers upgrade to the current revision and back to the one before; administrators to any.',
    tags,
    params,
    query: z.strictObject({ revision: queryInteger(1, 2 ** 31 - 1).optional() }),
    responses: { [status.ok]: { description: 'The plan', schema: upgradePlanSchema } },
    problems: [status.conflict, status.unprocessable],
    handler: async ({ caller, params, query }) =>
      reply(status.ok, await subscriptions.previewUpgrade(caller, params.subscriptionId, query)),
  }),
  route({
    method: 'post',
    path: '/subscriptions/:subscriptionId/upgrade',
    permission: 'user',
    scope: 'subscriptions:write',
    summary: 'Upgrade to another revision of its service',
    description: 'Refused where data would be lost or left behind. Look at GET of the same path first.',
    tags,
    idempotent: true,
    params,
    body: z.strictObject({
      revision: z
        .int()
        .min(1)
        .max(2 ** 31 - 1)
        .optional()
        .meta({ description: 'The current one if absent.' }),
      parameters: orderParameters
        .optional()
        .meta({ description: 'What the next revision asks for and the order did not say. The others stay.' }),
    }),
    responses: acceptedOperation,
    problems: [status.conflict, status.unprocessable],
    handler: ({ transaction, caller, params, body }) =>
      transaction(async (tx) => accepted(await subscriptions.upgrade(tx, caller, params.subscriptionId, body))),
  }),
]
