import { stringify } from 'yaml'
import { z } from 'zod'
import { BillingInterval } from '../../../db/generated/enums.ts'
import { issueWords } from '../../../lib/issue-words.ts'
import { formatAmount, parseAmount } from '../../../lib/money.ts'
import { readSource } from '../../../workload/compose/source.ts'
import {
  currency,
  links,
  markdown,
  name,
  position,
  readLinks,
  slug,
  tagline,
  tags,
  template,
  webAddress,
} from '../fields.ts'
import { iconSchema, readIcon } from '../icon.ts'
import type { NewPlan } from '../plans/model.ts'
import type { ServiceOfOperator } from '../services/service.ts'

/**
 * A service as one document that people read and keep in version control: what export writes, import takes back, here
 * or in another Berth. Prices are written as people write them.
 */

const format = 'service/v1'
const whole = (min: number, max: number = Number.MAX_SAFE_INTEGER) => z.int().min(min).max(max)
const largestInteger = 2 ** 31 - 1

const planDocument = z
  .strictObject({
    slug,
    name,
    description: z.string().trim().max(500).default(''),
    position: position.default(0),
    visible: z.boolean().default(true),
    price: z.union([z.string(), z.number()]).transform(String),
    currency,
    interval: z.enum(BillingInterval).default('MONTH'),
    trialDays: whole(0, 365).default(0),
    cpuMillicores: whole(1, largestInteger),
    memoryBytes: whole(1),
    storageBytes: whole(0).default(0),
    replicas: whole(1, 1000).default(1),
    maxPerOrganization: whole(1, largestInteger).nullable().default(null),
  })
  .refine(({ price, currency }) => parseAmount(price, currency) !== undefined, {
    path: ['price'],
    message: 'is not an amount of that currency',
  })

const serviceDocument = z.strictObject({
  berth: z.literal(format),
  slug,
  name,
  category: slug,
  tagline: tagline.default(''),
  description: markdown.default(''),
  icon: iconSchema.nullable().default(null),
  documentationUrl: webAddress.nullable().default(null),
  links: links.default([]),
  tags: tags.default([]),
  retentionDays: whole(0, 3650).default(7),
  plans: z.array(planDocument).max(50).default([]),
  template: template.optional(),
})
type ServiceDocument = z.output<typeof serviceDocument>

/** The text says that it is one of ours, whatever else it says. */
export const isServiceDocument = (text: string): boolean => /^["']?berth["']?\s*:|^\s*\{\s*"berth"\s*:/m.test(text)

export type ReadDocument = { ok: true; document: ServiceDocument } | { ok: false; problems: string[] }

/**
 * Reads a document, as YAML or JSON, as bounded as a template is. Total: any text ends in a document or in what is wrong
 * with it.
 */
export function readServiceDocument(text: string): ReadDocument {
  const source = readSource(text)
  if (!source.ok) return { ok: false, problems: [`line ${source.problem.line}: ${source.problem.message}`] }
  const read = serviceDocument.safeParse(source.source.root, { error: issueWords })
  if (read.success) return { ok: true, document: read.data }
  return {
    ok: false,
    problems: read.error.issues.map(({ path, message }) => `/${path.join('/')} ${message}`.slice(0, longestProblem)),
  }
}

/** A key may be as long as the document. */
const longestProblem = 300

export const newPlanOf = ({
  price,
  currency,
  memoryBytes,
  storageBytes,
  ...plan
}: ServiceDocument['plans'][number]): NewPlan => ({
  ...plan,
  price: { amount: parseAmount(price, currency) ?? 0n, currency },
  memoryBytes: BigInt(memoryBytes),
  storageBytes: BigInt(storageBytes),
})

/** The document of a service; without a template where it has no revision yet. */
export function writeServiceDocument(service: ServiceOfOperator, source: string | undefined): string {
  const { slug, name, tagline, description, documentationUrl, tags, retentionDays } = service
  return stringify(
    {
      berth: format,
      slug,
      name,
      category: service.category.slug,
      tagline,
      description,
      icon: readIcon(service.icon) ?? null,
      documentationUrl,
      links: readLinks(service.links),
      tags,
      retentionDays,
      plans: service.plans.map(planOf),
      ...(source !== undefined && { template: source }),
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  )
}

function planOf({ currentVersion, slug, name, description, position, visible }: ServiceOfOperator['plans'][number]) {
  const { priceMinorUnits, currency, memoryBytes, storageBytes } = currentVersion
  const { interval, trialDays, cpuMillicores, replicas, maxPerOrganization } = currentVersion
  return {
    ...{ slug, name, description, position, visible },
    price: formatAmount(priceMinorUnits, currency),
    ...{ currency, interval, trialDays, cpuMillicores },
    memoryBytes: Number(memoryBytes),
    storageBytes: Number(storageBytes),
    ...{ replicas, maxPerOrganization },
  }
}
