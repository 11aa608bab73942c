import { z } from 'zod'
import { ServiceStatus } from '../../../db/generated/enums.ts'
import { idParam, time } from '../../../http/schemas.ts'
import { links, markdown, name, readLinks, slug, tagline, tags, webAddress } from '../fields.ts'
import { iconSchema, iconShown, readIcon } from '../icon.ts'
import { planModel, planOfOperator } from '../plans/model.ts'
import { allowedEvents, serviceEvents } from './state.ts'
import type { ServiceOfOperator } from './store.ts'

const retentionDays = z.int().min(0).max(3650).meta({ description: 'How long the data is kept after a cancellation.' })
const defaultRetentionDays = 7
const category = slug.meta({ description: 'The slug of a category.', examples: ['databases'] })

export const newService = z
  .strictObject({
    slug,
    category,
    name,
    organizationId: idParam('organization')
      .nullable()
      .default(null)
      .meta({ description: 'Only this organization sees it; null for everybody.' }),
    tagline: tagline.default(''),
    description: markdown.default(''),
    icon: iconSchema.nullable().default(null),
    documentationUrl: webAddress.nullable().default(null),
    links: links.default([]),
    tags: tags.default([]),
    retentionDays: retentionDays.default(defaultRetentionDays),
  })
  .meta({ id: 'NewService' })
export type NewService = z.output<typeof newService>

/** JSON merge patch. The slug stands in addresses and in the cluster's labels, and stays. */
export const servicePatch = z
  .strictObject({
    category: category.exactOptional(),
    name: name.exactOptional(),
    tagline: tagline.exactOptional(),
    description: markdown.exactOptional(),
    icon: iconSchema.nullable().exactOptional(),
    documentationUrl: webAddress.nullable().exactOptional(),
    links: links.exactOptional(),
    tags: tags.exactOptional(),
    retentionDays: retentionDays.exactOptional(),
  })
  .meta({ id: 'ServicePatch' })
export type ServicePatch = z.output<typeof servicePatch>

export const serviceOfOperator = z
  .object({
    id: idParam('service'),
    slug: z.string(),
    status: z.enum(ServiceStatus),
    allowed: z.array(z.enum(serviceEvents)).meta({ description: 'What can be done with its status now.' }),
    name: z.string(),
    category: z.object({ id: idParam('category'), slug: z.string(), name: z.string() }),
    organizationId: idParam('organization').nullable(),
    tagline: z.string(),
    description: z.string(),
    icon: iconShown.nullable(),
    documentationUrl: z.string().nullable(),
    links: z.array(z.object({ title: z.string(), url: z.string() })),
    tags: z.array(z.string()),
    retentionDays: z.int(),
    revision: z.int().nullable().meta({ description: 'The number of the revision that orders get.' }),
    plans: z.array(planOfOperator),
    subscriptions: z.int().meta({ description: 'How many there are that have not ended.' }),
    publishedAt: time.nullable(),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'ServiceOfOperator' })

export const operatorModel = (service: ServiceOfOperator): z.output<typeof serviceOfOperator> => ({
  ...service,
  allowed: allowedEvents(service.status, service.everSubscribed),
  icon: readIcon(service.icon) ?? null,
  links: readLinks(service.links),
  revision: service.currentRevision?.number ?? null,
  publishedAt: service.status === 'DRAFT' ? null : service.publishedAt,
  plans: service.plans.map(planModel),
})
