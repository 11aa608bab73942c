import { z } from 'zod'
import { createCursor, cursorTime, limit, pageOf, toPage } from '../../http/page.ts'
import { reply, route, type Route } from '../../http/route.ts'
import { idParam } from '../../http/schemas.ts'
import { status } from '../../http/status.ts'
import { textStream } from '../../http/text-stream.ts'
import { auditFile, auditFormats } from './export.ts'
import { auditEntry, auditFilter, auditModel, ownAuditEntry, ownAuditModel, ownFilter, plainId } from './model.ts'
import type { AuditSearch, AuditTrail } from './service.ts'

const tags = ['Audit']
const cursor = createCursor(z.tuple([z.literal('audit'), cursorTime, z.uuid()]))
const paging = { limit, cursor: cursor.schema.optional() }
const positionOf = (position: readonly [string, string, string] | undefined) =>
  position && { createdAt: new Date(position[1]), id: position[2] }
const cursorOf = ({ createdAt, id }: { createdAt: Date; id: string }) =>
  cursor.write(['audit', createdAt.toISOString(), id])

type Filter = z.output<z.ZodObject<typeof auditFilter>>
const searchOf = ({ actor, organization, target, request, ...rest }: Filter): AuditSearch => ({
  ...rest,
  actorId: actor,
  organizationId: organization,
  targetId: target === undefined ? undefined : plainId(target),
  requestId: request,
})

export const auditRoutes = (audit: AuditTrail): Route[] => [
  route({
    method: 'get',
    path: '/audit',
    permission: 'administrator',
    scope: 'admin:read',
    summary: 'Search the audit trail, newest first',
    description: 'Who changed what, from what to what, from where, by which request, with what result.',
    tags,
    query: z.strictObject({ ...paging, ...auditFilter }),
    responses: { [status.ok]: { description: 'One page of entries', schema: pageOf(auditEntry) } },
    async handler({ query: { limit, cursor: position, ...filter } }) {
      const rows = await audit.search(searchOf(filter), { limit, after: positionOf(position) })
      const { data, page } = toPage(rows, limit, cursorOf)
      return reply(status.ok, { data: data.map(auditModel), page })
    },
  }),
  route({
    method: 'get',
    path: '/audit/export',
    permission: 'administrator',
    scope: 'admin:read',
    summary: 'Export the audit trail',
    description:
      'The same filters; up to 100,000 entries as lines of JSON, or with format=csv as CSV whose cells run nothing in a spreadsheet.',
    tags,
    query: z.strictObject({ format: z.enum(auditFormats).default('ndjson'), ...auditFilter }),
    stream: true,
    responses: { [status.ok]: { description: 'A line for each entry', contentType: 'application/x-ndjson' } },
    problems: [status.unprocessable],
    async handler({ caller, query: { format, ...filter }, request, response }) {
      const batches = await audit.export(caller, searchOf(filter))
      const file = auditFile(format, (entry) => z.encode(auditEntry, entry))
      const stream = textStream(response, request, file)
      await stream.send(file.header)
      for await (const batch of batches) {
        if (stream.signal.aborted) return
        await stream.send(batch.map((event) => file.line(event)).join(''))
      }
      stream.end()
    },
  }),
  route({
    method: 'get',
    path: '/audit/:auditId',
    permission: 'administrator',
    scope: 'admin:read',
    summary: 'One entry of the audit trail',
    tags,
    params: z.strictObject({ auditId: idParam('audit') }),
    responses: { [status.ok]: { description: 'The entry', schema: auditEntry } },
    handler: async ({ params }) => reply(status.ok, auditModel(await audit.get(params.auditId))),
  }),
  route({
    method: 'get',
    path: '/me/audit',
    permission: 'user',
    scope: 'account:read',
    summary: 'What you did, and what was done to you and your organizations, newest first',
    tags,
    query: z.strictObject({ ...paging, ...ownFilter }),
    responses: { [status.ok]: { description: 'One page of entries', schema: pageOf(ownAuditEntry) } },
    async handler({ caller, query: { limit, cursor: position, ...search } }) {
      const rows = await audit.own(caller, search, { limit, after: positionOf(position) })
      const { data, page } = toPage(rows, limit, cursorOf)
      return reply(status.ok, { data: data.map((event) => ownAuditModel(event, caller)), page })
    },
  }),
]
