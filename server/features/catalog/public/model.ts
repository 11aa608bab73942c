import { z } from 'zod'
import { BillingInterval, ServiceStatus } from '../../../db/generated/enums.ts'
import { bytes, idParam, money } from '../../../http/schemas.ts'
import type { WorkloadSpec } from '../../../workload/spec.ts'
import { readLinks } from '../fields.ts'
import { drawIcon } from '../icon.ts'
import type { Availability } from './availability.ts'
import { parameterSchema } from './parameters.ts'
import type { CategoryRow, ServiceWithParts, SummaryRow } from './store.ts'

/** The catalog as everybody sees it. */

const iconUrl = z.string().meta({
  description: 'An SVG picture. Relative to the server; of a service that only one organization sees, a data: address.',
  examples: ['/api/v1/catalog/services/postgres/icon'],
})

export const categorySchema = z
  .object({
    id: idParam('category'),
    slug: z.string(),
    name: z.string(),
    description: z.string(),
    iconUrl,
    services: z.int().meta({ description: 'How many published services it has.' }),
  })
  .meta({ id: 'Category' })

export const planSchema = z
  .object({
    id: idParam('plan'),
    slug: z.string(),
    name: z.string(),
    description: z.string(),
    version: z.int(),
    price: money,
    interval: z.enum(BillingInterval),
    trialDays: z.int(),
    cpuMillicores: z.int(),
    memoryBytes: bytes,
    storageBytes: bytes,
    replicas: z.int(),
    maxPerOrganization: z.int().nullable(),
  })
  .meta({ id: 'Plan' })

export const serviceSummarySchema = z
  .object({
    id: idParam('service'),
    slug: z.string(),
    name: z.string(),
    tagline: z.string(),
    iconUrl,
    category: z.object({ slug: z.string(), name: z.string() }),
    tags: z.array(z.string()),
    startingAt: z
      .object({ ...money.shape, interval: z.enum(BillingInterval) })
      .nullable()
      .meta({ description: 'The price of its cheapest plan, counted by the month.' }),
  })
  .meta({ id: 'ServiceSummary' })

export const availabilitySchema = z
  .object({
    orderable: z.boolean().meta({ description: 'Whether it is on sale and one more fits now.' }),
    reason: z
      .enum(['RETIRED', 'NO_CAPACITY', 'NO_CLUSTER'])
      .nullable()
      .meta({ description: 'Why it cannot be ordered.' }),
    plans: z.array(
      z.object({
        id: idParam('plan'),
        slug: z.string(),
        orderable: z.boolean(),
        more: z.int().meta({ description: 'How many more fit, counted by the sum of what is free; at most 1,000.' }),
      }),
    ),
  })
  .meta({ id: 'Availability' })

const endpoint = z.object({
  name: z.string(),
  protocol: z.enum(['http', 'tcp']),
  port: z.int(),
  path: z.string(),
})

export const serviceSchema = serviceSummarySchema
  .extend({
    status: z.enum(ServiceStatus),
    description: z.string().meta({
      description: 'Markdown, as it was written: whoever renders it must sanitise the result.',
    }),
    documentationUrl: z.string().nullable(),
    links: z.array(z.object({ title: z.string(), url: z.string() })),
    revision: z.int(),
    retentionDays: z.int().meta({ description: 'How long the data is kept after a cancellation.' }),
    plans: z.array(planSchema),
    parameters: z
      .record(z.string(), z.unknown())
      .meta({ description: 'A JSON Schema (2020-12) of the object that an order brings as `parameters`.' }),
    requirements: z.object({
      cpuMillicores: z.int().meta({ description: 'Of the smallest plan.' }),
      memoryBytes: bytes,
      storageBytes: bytes,
      architectures: z.array(z.string()).meta({ description: 'Empty where any will do.' }),
    }),
    endpoints: z.array(endpoint).meta({ description: 'The ways in that a subscription gets.' }),
    connection: z
      .array(z.object({ name: z.string(), label: z.string(), secret: z.boolean() }))
      .meta({ description: 'What a customer is told of how to connect.' }),
    backup: z.enum(['command', 'snapshot']).nullable(),
    orderable: z.boolean(),
  })
  .meta({ id: 'Service' })

const apiBase = '/api/v1/catalog'
type Pictured = { name: string; slug: string; icon: unknown }

const iconOf = (service: Pictured & { organizationId: string | null }): string =>
  service.organizationId === null
    ? `${apiBase}/services/${service.slug}/icon`
    : `data:image/svg+xml;base64,${Buffer.from(drawIcon(service)).toString('base64')}`

export const categoryModel = (category: CategoryRow): z.output<typeof categorySchema> => ({
  ...category,
  iconUrl: `${apiBase}/categories/${category.slug}/icon`,
})

export const summaryModel = (row: SummaryRow): z.output<typeof serviceSummarySchema> => ({
  ...row,
  iconUrl: iconOf(row),
  category: { slug: row.categorySlug, name: row.categoryName },
  startingAt:
    row.priceMinorUnits !== null && row.currency !== null && row.interval !== null
      ? { amount: BigInt(row.priceMinorUnits), currency: row.currency, interval: row.interval }
      : null,
})

export const plansOf = ({ plans }: Pick<ServiceWithParts, 'plans'>): z.output<typeof planSchema>[] =>
  plans.map(({ currentVersion, ...plan }) => ({
    ...currentVersion,
    id: plan.id,
    slug: plan.slug,
    name: plan.name,
    description: plan.description,
    version: currentVersion.number,
    price: { amount: currentVersion.priceMinorUnits, currency: currentVersion.currency },
  }))

export function serviceModel(
  service: ServiceWithParts,
  spec: WorkloadSpec,
  { orderable }: Availability,
): z.output<typeof serviceSchema> {
  const plans = plansOf(service)
  const cheapest = plans.find(({ id }) => id === service.prices[0]?.planId)
  return {
    ...service,
    iconUrl: iconOf(service),
    links: readLinks(service.links),
    revision: service.currentRevision.number,
    startingAt: cheapest ? { ...cheapest.price, interval: cheapest.interval } : null,
    plans,
    parameters: parameterSchema(spec.parameters),
    requirements: {
      cpuMillicores: plans.length > 0 ? Math.min(...plans.map(({ cpuMillicores }) => cpuMillicores)) : 0,
      memoryBytes: smallest(plans.map(({ memoryBytes }) => memoryBytes)),
      storageBytes: smallest(plans.map(({ storageBytes }) => storageBytes)),
      architectures: [...spec.architectures],
    },
    endpoints: spec.expose.map(({ name, protocol, port, path }) => ({ name, protocol, port, path })),
    connection: spec.connection.map(({ name, label, secret }) => ({ name, label, secret })),
    backup: spec.backup?.method ?? null,
    orderable,
  }
}

const smallest = (amounts: readonly bigint[]): bigint =>
  amounts.reduce<bigint | undefined>(
    (least, amount) => (least === undefined || amount < least ? amount : least),
    undefined,
  ) ?? 0n
