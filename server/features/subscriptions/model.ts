import { z } from 'zod'
import { EndpointKind, EndpointScope, Entitlement, TlsState } from '../../db/generated/enums.ts'
import { bytes, idParam, money, time } from '../../http/schemas.ts'
import { namespaceOf } from '../../workload/manifests/names.ts'
import { operationSchema } from '../operations/model.ts'
import type { Condition } from './conditions.ts'
import { statusOf, statusWords } from './status.ts'
import type { SubscriptionWithParts } from './store.ts'

/** A subscription as the API shows it, and how it is made from its row. */

const condition = z
  .object({
    type: z.enum(['Ready', 'Progressing', 'Degraded', 'Suspended']),
    status: z.enum(['True', 'False', 'Unknown']),
    reason: z.string(),
    message: z.string(),
    lastTransitionTime: z.iso.datetime(),
  })
  .meta({ id: 'Condition' })

const endpoint = z
  .object({
    name: z.string(),
    kind: z.enum(EndpointKind),
    scope: z.enum(EndpointScope),
    host: z.string(),
    port: z.int(),
    tls: z.enum(TlsState).meta({
      description: 'PENDING: it is https, and its certificate is for the issuer of the cluster to make and renew.',
    }),
  })
  .meta({ id: 'Endpoint' })

export const subscriptionSchema = z
  .object({
    id: idParam('subscription'),
    organizationId: idParam('organization'),
    clusterId: idParam('cluster'),
    simulated: z
      .boolean()
      .meta({ description: 'It runs on a simulated cluster: nothing real is behind its addresses.' }),
    name: z.string(),
    status: z.enum(statusWords).meta({ description: 'One word for both truths: the entitlement and what runs.' }),
    entitlement: z.enum(Entitlement),
    service: z.object({
      id: idParam('service'),
      slug: z.string(),
      name: z.string(),
      revision: z.int(),
      previousRevision: z
        .int()
        .nullable()
        .meta({ description: 'What it ran before its upgrade: an upgrade to that one goes back.' }),
    }),
    plan: z.object({
      id: idParam('plan'),
      slug: z.string(),
      name: z.string(),
      version: z.int(),
      price: money,
      interval: z.string(),
      cpuMillicores: z.int(),
      memoryBytes: bytes,
      storageBytes: bytes,
      replicas: z.int(),
    }),
    namespace: z.string(),
    generation: z.int(),
    observedGeneration: z.int(),
    conditions: z.array(condition),
    endpoints: z.array(endpoint),
    operation: operationSchema.nullable().meta({ description: 'The latest one.' }),
    createdAt: time,
    firstReadyAt: time.nullable(),
    canceledAt: time.nullable(),
    retainUntil: time
      .nullable()
      .meta({ description: 'Until when it can be reactivated; after that its data is destroyed.' }),
    terminatedAt: time.nullable(),
  })
  .meta({ id: 'Subscription' })
export type SubscriptionModel = z.output<typeof subscriptionSchema>

/** Stored conditions are written by the reconciler alone, in this shape. */
const storedConditions = z.array(condition)

export function subscriptionModel(row: SubscriptionWithParts): SubscriptionModel {
  const {
    service,
    planVersion,
    revision,
    previousRevision,
    endpoints,
    operations,
    cluster,
    conditions: stored,
    ...rest
  } = row
  const conditions: Condition[] = storedConditions.parse(stored)
  const operation = operations[0] ?? null
  return {
    ...rest,
    simulated: cluster.simulated,
    status: statusOf({ ...row, conditions, operationState: operation?.state }),
    service: {
      id: service.id,
      slug: service.slug,
      name: service.name,
      revision: revision.number,
      previousRevision: previousRevision?.number ?? null,
    },
    plan: {
      ...planVersion,
      id: planVersion.plan.id,
      slug: planVersion.plan.slug,
      name: planVersion.plan.name,
      version: planVersion.number,
      price: { amount: planVersion.priceMinorUnits, currency: planVersion.currency },
    },
    namespace: namespaceOf(row.id),
    conditions,
    endpoints,
    operation,
  }
}

/** What a customer needs to connect. Secret values are here in clear: the answer is never stored or logged. */
export const credentialsSchema = z
  .object({
    connection: z.array(z.object({ name: z.string(), label: z.string(), value: z.string(), secret: z.boolean() })),
    endpoints: z.array(endpoint),
  })
  .meta({ id: 'SubscriptionCredentials' })

export const upgradePlanSchema = z
  .object({
    from: z.int().meta({ description: 'The number of the revision that it runs.' }),
    to: z.int(),
    verdict: z.enum(['in-place', 'migration', 'refused']).meta({
      description: 'Whether applying it is enough, something is made anew first with a short outage, or it cannot be.',
    }),
    refusals: z.array(
      z.object({
        code: z.string(),
        subject: z.string().meta({ description: 'The volume, parameter or object that it is about.' }),
        reason: z.string(),
        wayOut: z.string(),
      }),
    ),
    steps: z.array(z.object({ action: z.string(), kind: z.string(), name: z.string(), reason: z.string() })),
    notes: z.array(z.string()),
    restarts: z.array(z.string()).meta({ description: 'The services whose pods are replaced.' }),
    starts: z.array(z.string()).meta({ description: 'The services that are new.' }),
    ends: z.array(z.string()).meta({ description: 'The services that are gone afterwards.' }),
  })
  .meta({ id: 'UpgradePlan' })
