import { reply, route, type Route } from '../../../http/route.ts'
import { status } from '../../../http/status.ts'
import { identityProof } from '../model.ts'
import type { AuthService } from '../service.ts'
import { confirmation, enrolment, recoveryCodes, twoFactorStatus } from './model.ts'

const tags = ['Two-factor authentication']

export const twoFactorRoutes = ({ secondFactor, reauthenticate }: AuthService): Route[] => [
  route({
    method: 'get',
    path: '/me/two-factor',
    permission: 'user',
    withoutSecondFactor: true,
    summary: 'Your second factor',
    tags,
    responses: { [status.ok]: { description: 'Whether there is one', schema: twoFactorStatus } },
    handler: async ({ caller }) => reply(status.ok, await secondFactor.status(caller)),
  }),
  route({
    method: 'post',
    path: '/me/two-factor',
    permission: 'user',
    withoutSecondFactor: true,
    limits: ['security'],
    summary: 'Begin to set up a second factor',
    description: 'Nothing is asked for at logging in until a code was sent to `/me/two-factor/confirm`.',
    tags,
    body: identityProof,
    responses: { [status.ok]: { description: 'What the authenticator app needs', schema: enrolment } },
    problems: [status.forbidden, status.conflict],
    handler: async ({ caller, body }) => {
      await reauthenticate(caller, body)
      return reply(status.ok, await secondFactor.enrol(caller))
    },
  }),
  route({
    method: 'post',
    path: '/me/two-factor/confirm',
    permission: 'user',
    withoutSecondFactor: true,
    limits: ['security'],
    summary: 'Confirm the second factor with its first code',
    description: 'From now on logging in asks for a code.',
    tags,
    body: confirmation,
    responses: { [status.ok]: { description: 'The recovery codes, shown this once', schema: recoveryCodes } },
    problems: [status.unprocessable],
    handler: async ({ caller, body }) =>
      reply(status.ok, { recoveryCodes: await secondFactor.confirm(caller, body.code) }),
  }),
  route({
    method: 'delete',
    path: '/me/two-factor',
    permission: 'user',
    limits: ['security'],
    summary: 'Remove the second factor',
    tags,
    body: identityProof,
    responses: { [status.noContent]: { description: 'Logging in asks for the password alone' } },
    problems: [status.forbidden, status.conflict],
    handler: async ({ caller, body }) => {
      await reauthenticate(caller, body)
      await secondFactor.disable(caller)
      return reply(status.noContent)
    },
  }),
  route({
    method: 'post',
    path: '/me/two-factor/recovery-codes',
    permission: 'user',
    limits: ['security'],
    summary: 'Get new recovery codes',
    description: 'The earlier ones work no more.',
    tags,
    body: identityProof,
    responses: { [status.ok]: { description: 'The recovery codes, shown this once', schema: recoveryCodes } },
    problems: [status.forbidden, status.conflict],
    handler: async ({ caller, body }) => {
      await reauthenticate(caller, body)
      return reply(status.ok, { recoveryCodes: await secondFactor.renewRecoveryCodes(caller) })
    },
  }),
]
