import { z } from 'zod'
import { idParam, time } from '../../../http/schemas.ts'
import { template } from '../fields.ts'
import { diagnosticSchema, summarize, templateSummary } from '../templates/model.ts'
import type { WorkloadSpec } from '../../../workload/spec.ts'
import { differenceKinds } from './compare.ts'
import type { RevisionWithParts } from './store.ts'

export const newRevision = z
  .strictObject({
    template,
    note: z.string().trim().max(2000).default('').meta({ description: 'What changed, for who reads the list.' }),
    current: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether orders get it from now on. The first revision of a service is so in any case.' }),
  })
  .meta({ id: 'NewRevision' })

export const revisionSummary = z
  .object({
    id: idParam('revision'),
    number: z.int(),
    current: z.boolean(),
    note: z.string(),
    sha256: z.string().meta({ description: 'Of the template.' }),
    subscriptions: z.int().meta({ description: 'How many subscriptions run it.' }),
    createdById: idParam('user').nullable().meta({ description: 'Null where it came with Berth or by a command.' }),
    createdAt: time,
  })
  .meta({ id: 'RevisionSummary' })

export const revisionSchema = revisionSummary
  .extend({ template: z.string(), summary: templateSummary })
  .meta({ id: 'Revision' })
export const createdRevision = revisionSchema
  .extend({ warnings: z.array(diagnosticSchema) })
  .meta({ id: 'CreatedRevision' })

export const differenceSchema = z
  .object({
    from: z.int(),
    to: z.int(),
    differences: z.array(
      z.object({
        change: z.enum(['added', 'removed', 'changed']),
        what: z.enum(differenceKinds),
        service: z.string().optional(),
        name: z.string(),
        before: z.string().optional(),
        after: z.string().optional(),
      }),
    ),
    patch: z
      .string()
      .nullable()
      .meta({ description: 'A unified diff of the two texts; null where they have next to nothing in common.' }),
  })
  .meta({ id: 'RevisionDifference' })

export const summaryModel = (
  revision: Omit<RevisionWithParts, 'spec' | 'source'>,
): z.output<typeof revisionSummary> => ({
  ...revision,
  current: revision.currentOf !== null,
  sha256: revision.sourceSha256,
  subscriptions: revision._count.subscriptions,
})

export const revisionModel = (revision: RevisionWithParts, spec: WorkloadSpec): z.output<typeof revisionSchema> => ({
  ...summaryModel(revision),
  template: revision.source,
  summary: summarize(spec),
})
