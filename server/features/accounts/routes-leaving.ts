import { sendJsonStream } from '../../http/json-stream.ts'
import { reply, route, type Route } from '../../http/route.ts'
import { status } from '../../http/status.ts'
import { identityProof } from '../auth/model.ts'
import type { Reauthenticate } from '../auth/service.ts'
import type { Deactivation } from './deactivation.ts'
import type { DataExport } from './export.ts'
import { deactivationPreview, exportedData } from './model.ts'

const tags = ['Account']

export type Leaving = { deactivation: Deactivation; dataExport: DataExport; reauthenticate: Reauthenticate }

export const leavingRoutes = ({ deactivation, dataExport, reauthenticate }: Leaving): Route[] => [
  route({
    method: 'get',
    path: '/me/deactivation',
    permission: 'user',
    summary: 'What deactivating your account would mean',
    description:
      'It is possible once nothing of yours runs. What was canceled goes its way: its data is destroyed at `retainUntil`. Nothing else is deleted, and an administrator can activate the account again.',
    tags,
    responses: { [status.ok]: { description: 'What stands in its way', schema: deactivationPreview } },
    handler: async ({ caller }) => reply(status.ok, await deactivation.preview(caller)),
  }),
  route({
    method: 'post',
    path: '/me/deactivate',
    permission: 'user',
    limits: ['security'],
    summary: 'Deactivate your account',
    description: 'Every sign-in and access token stops at once. An administrator can undo it.',
    tags,
    body: identityProof,
    responses: { [status.noContent]: { description: 'It is deactivated' } },
    problems: [status.forbidden, status.conflict],
    handler: async ({ caller, body }) => {
      await reauthenticate(caller, body)
      await deactivation.deactivate(caller)
      return reply(status.noContent)
    },
  }),
  route({
    method: 'get',
    path: '/me/export',
    permission: 'user',
    stream: true,
    summary: 'Everything that is kept of you, as a JSON file',
    description:
      'Profile, organizations, sign-ins, tokens without their secrets, subscriptions, operations, audit trail.',
    tags,
    responses: { [status.ok]: { description: 'A JSON document', schema: exportedData } },
    handler: ({ caller, response }) => sendJsonStream(response, { fileName: 'berth-export.json' }, dataExport(caller)),
  }),
]
