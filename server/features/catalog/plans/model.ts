import { z } from 'zod'
import { BillingInterval } from '../../../db/generated/enums.ts'
import { bytes, idParam, money, time } from '../../../http/schemas.ts'
import { currency, name, position, slug } from '../fields.ts'
import type { PlanWithVersion, VersionWithCount } from './store.ts'

const atLeastNothing = 'is negative'
const price = z
  .strictObject({
    amount: money.shape.amount.refine((amount) => amount >= 0n, atLeastNothing),
    currency,
  })
  .meta({ id: 'Price', description: 'In minor units of an ISO 4217 currency; nothing is a price, too.' })
const largestInteger = 2 ** 31 - 1
const description = z.string().trim().max(500)

/** What a plan version fixes for ever. */
const terms = {
  price,
  interval: z.enum(BillingInterval).meta({ description: 'What the price is for.' }),
  trialDays: z.int().min(0).max(365),
  cpuMillicores: z.int().min(1).max(largestInteger),
  memoryBytes: bytes.refine((amount) => amount > 0n, 'is nothing'),
  storageBytes: bytes,
  replicas: z.int().min(1).max(1000).meta({ description: 'The most copies of one of its services.' }),
  maxPerOrganization: z
    .int()
    .min(1)
    .max(largestInteger)
    .nullable()
    .meta({ description: 'How many subscriptions of it an organization may have at once; null for any number.' }),
}
const looks = { name, description, position, visible: z.boolean() }

export const newPlan = z
  .strictObject({
    slug,
    name,
    description: description.default(''),
    position: position.default(0),
    visible: z.boolean().default(true),
    ...terms,
    interval: terms.interval.default('MONTH'),
    trialDays: terms.trialDays.default(0),
    storageBytes: terms.storageBytes.default(0n),
    replicas: terms.replicas.default(1),
    maxPerOrganization: terms.maxPerOrganization.default(null),
  })
  .meta({ id: 'NewPlan' })
export type NewPlan = z.output<typeof newPlan>

export const planPatch = z
  .strictObject({
    name: looks.name.exactOptional(),
    description: looks.description.exactOptional(),
    position: looks.position.exactOptional(),
    visible: looks.visible.exactOptional(),
    price: terms.price.exactOptional(),
    interval: terms.interval.exactOptional(),
    trialDays: terms.trialDays.exactOptional(),
    cpuMillicores: terms.cpuMillicores.exactOptional(),
    memoryBytes: terms.memoryBytes.exactOptional(),
    storageBytes: terms.storageBytes.exactOptional(),
    replicas: terms.replicas.exactOptional(),
    maxPerOrganization: terms.maxPerOrganization.exactOptional(),
  })
  .meta({ id: 'PlanPatch' })
export type PlanPatch = z.output<typeof planPatch>

const termsShown = {
  price: money,
  interval: terms.interval,
  trialDays: z.int(),
  cpuMillicores: z.int(),
  memoryBytes: bytes,
  storageBytes: bytes,
  replicas: z.int(),
  maxPerOrganization: z.int().nullable(),
}

export const planOfOperator = z
  .object({
    id: idParam('plan'),
    serviceId: idParam('service'),
    slug: z.string(),
    name: z.string(),
    description: z.string(),
    position: z.int(),
    visible: z.boolean().meta({ description: 'Hidden ones cannot be ordered; subscriptions of them run on.' }),
    version: z.int().meta({ description: 'Of its terms: price, interval, trial, resources and limits.' }),
    ...termsShown,
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'PlanOfOperator' })

export const planVersion = z
  .object({
    version: z.int(),
    current: z.boolean(),
    ...termsShown,
    subscriptions: z.int().meta({ description: 'How many subscriptions have these terms.' }),
    createdAt: time,
  })
  .meta({ id: 'PlanVersion' })

export const planModel = ({ currentVersion, ...plan }: PlanWithVersion): z.output<typeof planOfOperator> => ({
  ...currentVersion,
  ...plan,
  version: currentVersion.number,
  price: { amount: currentVersion.priceMinorUnits, currency: currentVersion.currency },
})

export const versionModel = ({ _count, currentOf, ...version }: VersionWithCount): z.output<typeof planVersion> => ({
  ...version,
  version: version.number,
  current: currentOf !== null,
  price: { amount: version.priceMinorUnits, currency: version.currency },
  subscriptions: _count.subscriptions,
})
