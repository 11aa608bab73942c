import { z } from 'zod'
import { reply, route, type Route } from '../../../http/route.ts'
import { idParam } from '../../../http/schemas.ts'
import { status } from '../../../http/status.ts'
import { countResults, importReport, importRequest } from './model.ts'
import type { Imports } from './service.ts'

const tags = ['Catalog administration']

export const importRoutes = (imports: Imports): Route[] => [
  route({
    method: 'post',
    path: '/services/import',
    permission: 'administrator',
    scope: 'admin:write',
    summary: 'Make services of Compose documents, or of exported services',
    description:
      'Each document is a transaction of its own, and the report has a result for each. What was made is a draft unless `publish` is set. Repeating it is harmless: what is there is left alone.',
    tags,
    body: importRequest,
    responses: { [status.ok]: { description: 'What became of each', schema: importReport } },
    async handler({ caller, body: { documents, ...options } }) {
      const data = await imports.run(caller, documents, options)
      return reply(status.ok, { data, counts: countResults(data) })
    },
  }),
  route({
    method: 'get',
    path: '/services/:serviceId/export',
    permission: 'administrator',
    scope: 'admin:read',
    summary: 'A service with its plans and its template as one document, which import takes back',
    tags,
    params: z.strictObject({ serviceId: idParam('service') }),
    responses: {
      [status.ok]: {
        description: 'A YAML document',
        schema: z.string(),
        contentType: 'application/yaml',
        headers: { 'Content-Disposition': 'The name of a file for it.' },
      },
    },
    async handler({ params }) {
      const { slug, text } = await imports.write(params.serviceId)
      return reply(status.ok, text, { 'Content-Disposition': `attachment; filename="${slug}.yaml"` })
    },
  }),
]
