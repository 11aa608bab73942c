import { z } from 'zod'
import { idParam } from '../../../http/schemas.ts'
import { slug, template } from '../fields.ts'
import { newPlan } from '../plans/model.ts'
import { diagnosticSchema } from '../templates/model.ts'

const mostDocuments = 500
const mostPlans = 10
export const importResults = ['created', 'revised', 'unchanged', 'skipped', 'refused'] as const

export const importRequest = z
  .strictObject({
    documents: z
      .array(
        z.strictObject({
          name: z
            .string()
            .trim()
            .min(1)
            .max(200)
            .meta({
              description: 'Of the file: a Compose document is named after it.',
              examples: ['uptime-kuma.yaml'],
            }),
          content: template.meta({ description: 'A Compose document, or a service as export writes it.' }),
        }),
      )
      .min(1)
      .max(mostDocuments),
    category: slug.default('imported').meta({ description: 'Of what names none. Made where it does not exist.' }),
    plans: z.array(newPlan).max(mostPlans).default([]).meta({
      description: 'For each Compose document, which brings none of its own.',
    }),
    onExisting: z.enum(['skip', 'revise']).default('skip').meta({
      description: 'Of a slug that is taken: leave it, or add a revision, which orders do not get yet.',
    }),
    publish: z.boolean().default(false).meta({ description: 'At once; what cannot be on sale is then refused.' }),
    dryRun: z.boolean().default(false).meta({ description: 'Say what would become of each, and write nothing.' }),
  })
  .meta({ id: 'ImportRequest' })

export const importReport = z
  .object({
    data: z.array(
      z.object({
        name: z.string(),
        result: z.enum(importResults),
        slug: z.string().nullable(),
        serviceId: idParam('service').nullable(),
        detail: z.string().nullable(),
        refusals: z.array(diagnosticSchema),
        warnings: z.array(diagnosticSchema),
      }),
    ),
    counts: z.object({
      created: z.int(),
      revised: z.int(),
      unchanged: z.int(),
      skipped: z.int(),
      refused: z.int(),
    }),
  })
  .meta({ id: 'ImportReport' })

/** How often each result is among them. */
export function countResults(results: readonly { result: (typeof importResults)[number] }[]) {
  const of = (wanted: (typeof importResults)[number]) => results.filter(({ result }) => result === wanted).length
  return {
    created: of('created'),
    revised: of('revised'),
    unchanged: of('unchanged'),
    skipped: of('skipped'),
    refused: of('refused'),
  }
}
