import { z } from 'zod'
import { reply, route, type Route } from '../../../http/route.ts'
import { status } from '../../../http/status.ts'
import { template } from '../fields.ts'
import { preview, previewRequest, validation, validationModel } from './model.ts'
import type { Templates } from './service.ts'

const tags = ['Catalog administration']

export const templateRoutes = (templates: Templates): Route[] => [
  route({
    method: 'post',
    path: '/services/validate-template',
    permission: 'administrator',
    scope: 'admin:read',
    summary: 'What a template is taken for, or everything for which it is refused',
    description: 'Stores nothing. A refused template is answered with 200, too: the answer says so.',
    tags,
    body: z.strictObject({ template }),
    responses: { [status.ok]: { description: 'The verdict', schema: validation } },
    handler: async ({ body }) => reply(status.ok, validationModel(await templates.validate(body.template))),
  }),
  route({
    method: 'post',
    path: '/services/preview',
    permission: 'administrator',
    scope: 'admin:read',
    summary: 'The Kubernetes objects of a subscription, before there is one',
    description: 'Of a template or a stored revision, on a plan or given resources. Stores nothing.',
    tags,
    body: previewRequest,
    responses: { [status.ok]: { description: 'The objects', schema: preview } },
    problems: [status.notFound, status.unprocessable],
    handler: async ({ body }) => reply(status.ok, await templates.preview(body)),
  }),
]
