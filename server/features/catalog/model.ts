import { z } from 'zod'
import { bytes, idParam, money } from '../../http/schemas.ts'
import { BillingInterval, ServiceStatus } from '../../db/generated/enums.ts'
import type { ServiceWithParts } from './store.ts'

/** The catalog as everybody sees it. */

export const categorySchema = z
  .object({
    id: idParam('category'),
    slug: z.string(),
    name: z.string(),
    description: z.string(),
    icon: z.string().nullable(),
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
  })
  .meta({ id: 'Plan' })

export const serviceSummarySchema = z
  .object({
    id: idParam('service'),
    slug: z.string(),
    name: z.string(),
    tagline: z.string(),
    icon: z.string().nullable(),
    category: z.object({ slug: z.string(), name: z.string() }),
    tags: z.array(z.string()),
    startingAt: money.nullable().meta({ description: 'The lowest price of its plans.' }),
  })
  .meta({ id: 'ServiceSummary' })

export const serviceSchema = serviceSummarySchema
  .extend({
    status: z.enum(ServiceStatus),
    description: z.string(),
    documentationUrl: z.string().nullable(),
    revision: z.int().nullable(),
    retentionDays: z.int().meta({ description: 'How long the data is kept after a cancellation.' }),
    plans: z.array(planSchema),
  })
  .meta({ id: 'Service' })

export const plansOf = ({ plans }: Pick<ServiceWithParts, 'plans'>): z.output<typeof planSchema>[] =>
  plans.flatMap(({ currentVersion, ...plan }) =>
    currentVersion
      ? [
          {
            ...currentVersion,
            id: plan.id,
            slug: plan.slug,
            name: plan.name,
            description: plan.description,
            version: currentVersion.number,
            price: { amount: currentVersion.priceMinorUnits, currency: currentVersion.currency },
          },
        ]
      : [],
  )

export function summaryModel(service: ServiceWithParts): z.output<typeof serviceSummarySchema> {
  const [cheapest] = plansOf(service)
    .map(({ price }) => price)
    .sort((one, other) => Number(one.amount - other.amount))
  return { ...service, startingAt: cheapest ?? null }
}

export const serviceModel = (service: ServiceWithParts): z.output<typeof serviceSchema> => ({
  ...service,
  ...summaryModel(service),
  revision: service.currentRevision?.number ?? null,
  plans: plansOf(service),
})
