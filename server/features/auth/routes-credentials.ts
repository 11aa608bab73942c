import { sessionOf } from '../../http/admission.ts'
import { reply, route, type Route } from '../../http/route.ts'
import { status } from '../../http/status.ts'
import { emailChange, passwordChange } from './model.ts'
import type { AuthService } from './service.ts'

const tags = ['Account']

export const credentialRoutes = ({ reauthenticate, ownCredentials }: AuthService): Route[] => [
  route({
    method: 'post',
    path: '/me/change-password',
    permission: 'user',
    limits: ['security'],
    summary: 'Change your password',
    description: 'Your other sign-ins end.',
    tags,
    body: passwordChange,
    responses: { [status.noContent]: { description: 'Changed' } },
    problems: [status.forbidden, status.unprocessable],
    handler: async ({ caller, body: { newPassword, ...proof } }) => {
      await reauthenticate(caller, proof)
      await ownCredentials.changePassword(caller, sessionOf(caller), newPassword)
      return reply(status.noContent)
    },
  }),
  route({
    method: 'post',
    path: '/me/change-email',
    permission: 'user',
    limits: ['security'],
    summary: 'Change your e-mail address',
    description:
      'Mails a link to the new address, which confirms it, and word of it to the present one. The answer is the same where the new address is taken.',
    tags,
    body: emailChange,
    responses: { [status.accepted]: { description: 'It changes once the link was followed' } },
    problems: [status.forbidden],
    handler: async ({ caller, body: { newEmail, ...proof } }) => {
      await reauthenticate(caller, proof)
      await ownCredentials.requestEmailChange(caller, newEmail)
      return reply(status.accepted)
    },
  }),
]
