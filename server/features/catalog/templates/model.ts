import { z } from 'zod'
import { bytes, idParam, orderParameters } from '../../../http/schemas.ts'
import type { ParseResult } from '../../../workload/diagnostic.ts'
import type { WorkloadSpec } from '../../../workload/spec.ts'
import { template } from '../fields.ts'

/** What operators are told of a template. */

export const diagnosticSchema = z
  .object({
    code: z.string(),
    path: z.string().meta({ description: 'A JSON pointer into the document; empty for the whole of it.' }),
    line: z.int(),
    message: z.string(),
    wayOut: z.string(),
  })
  .meta({ id: 'TemplateDiagnostic' })

export const templateSummary = z
  .object({
    services: z.array(
      z.object({
        name: z.string(),
        kind: z.enum(['stateless', 'stateful', 'job']),
        image: z.string(),
        replicas: z.int(),
      }),
    ),
    volumes: z.array(z.string()),
    parameters: z.array(z.string()),
    secrets: z.int().meta({ description: 'How many values are generated for each subscription.' }),
    endpoints: z.array(z.object({ name: z.string(), protocol: z.enum(['http', 'tcp']), port: z.int() })),
    isolation: z.enum(['restricted', 'baseline']),
    architectures: z.array(z.string()),
    backup: z.enum(['command', 'snapshot']).nullable(),
  })
  .meta({ id: 'TemplateSummary' })

export const summarize = (spec: WorkloadSpec): z.output<typeof templateSummary> => ({
  services: spec.services.map(({ name, kind, image, replicas }) => ({ name, kind, image, replicas })),
  volumes: spec.volumes.map(({ name }) => name),
  parameters: spec.parameters.map(({ name }) => name),
  secrets: spec.secrets.length,
  endpoints: spec.expose.map(({ name, protocol, port }) => ({ name, protocol, port })),
  isolation: spec.isolation,
  architectures: [...spec.architectures],
  backup: spec.backup?.method ?? null,
})

export const validation = z
  .object({
    accepted: z.boolean(),
    refusals: z.array(diagnosticSchema),
    warnings: z.array(diagnosticSchema),
    summary: templateSummary.nullable(),
    catalogEntry: z
      .object({
        documentation: z.string().optional(),
        slogan: z.string().optional(),
        category: z.string().optional(),
        tags: z.array(z.string()),
      })
      .nullable()
      .meta({ description: 'What the comments at its head say for the catalog.' }),
  })
  .meta({ id: 'TemplateValidation' })

export const validationModel = (result: ParseResult): z.output<typeof validation> => ({
  accepted: result.ok,
  refusals: result.ok ? [] : [...result.refusals],
  warnings: [...result.warnings],
  summary: result.ok ? summarize(result.spec) : null,
  catalogEntry: result.ok ? { ...result.entry, tags: [...result.entry.tags] } : null,
})

const largestInteger = 2 ** 31 - 1
export const previewRequest = z
  .strictObject({
    template: template.optional(),
    serviceId: idParam('service').optional().meta({ description: 'Instead of a template: the one of this service.' }),
    revision: z
      .int()
      .min(1)
      .max(largestInteger)
      .optional()
      .meta({ description: 'Of the service; the current one if absent.' }),
    planId: idParam('plan').optional(),
    resources: z
      .strictObject({
        cpuMillicores: z.int().min(1).max(largestInteger),
        memoryBytes: bytes.refine((amount) => amount > 0n, 'is nothing'),
        storageBytes: bytes.default(0n),
        replicas: z.int().min(1).max(1000).default(1),
      })
      .optional()
      .meta({ description: 'Instead of a plan.' }),
    parameters: orderParameters.default({}),
  })
  .meta({ id: 'PreviewRequest' })
export type PreviewRequest = z.output<typeof previewRequest>

export const preview = z
  .object({
    yaml: z.string().meta({ description: 'The objects of a subscription, with sample values for everything secret.' }),
    objects: z.array(z.object({ apiVersion: z.string(), kind: z.string(), name: z.string() })),
    endpoints: z.array(z.object({ name: z.string(), kind: z.enum(['HTTP', 'TCP']), host: z.string(), port: z.int() })),
    connection: z.array(z.object({ name: z.string(), label: z.string(), value: z.string(), secret: z.boolean() })),
    warnings: z.array(diagnosticSchema),
  })
  .meta({ id: 'Preview' })
export type Preview = z.output<typeof preview>
