import { reply, route, type Route } from '../../http/route.ts'
import { status } from '../../http/status.ts'
import { addressed, invitationAcceptance, linkToken, passwordReset } from './model.ts'
import type { AuthService } from './service.ts'

/** What the pages do that the links in mails lead to, and what has such a mail sent. */

const tags = ['Authentication']
const sameAnswer = 'The answer is the same whether or not the address is known.'

export const mailedLinkRoutes = (auth: AuthService): Route[] => [
  route({
    method: 'post',
    path: '/auth/verify-email',
    permission: 'public',
    limits: ['link'],
    summary: 'Confirm an address',
    tags,
    body: linkToken,
    responses: { [status.noContent]: { description: 'The address is confirmed' } },
    problems: [status.unprocessable],
    handler: async ({ body, context }) => {
      await auth.verification.verify(body.token, context)
      return reply(status.noContent)
    },
  }),
  route({
    method: 'post',
    path: '/auth/resend-verification',
    permission: 'public',
    limits: ['mail', 'mail-account'],
    summary: 'Have the link for confirming an address sent again',
    description: `At most once a minute and five times a day. ${sameAnswer}`,
    tags,
    body: addressed,
    responses: { [status.accepted]: { description: 'Mailed, where the address waits for it' } },
    handler: async ({ body, context }) => {
      await auth.verification.resend(body.email, context)
      return reply(status.accepted)
    },
  }),
  route({
    method: 'post',
    path: '/auth/forgot-password',
    permission: 'public',
    limits: ['mail', 'mail-account'],
    summary: 'Have a link for choosing a new password sent',
    description: `The link works for an hour, and ends earlier ones. ${sameAnswer}`,
    tags,
    body: addressed,
    responses: { [status.accepted]: { description: 'Mailed, where the address has an account' } },
    handler: async ({ body, context }) => {
      await auth.passwordReset.request(body.email, context)
      return reply(status.accepted)
    },
  }),
  route({
    method: 'post',
    path: '/auth/reset-password',
    permission: 'public',
    limits: ['link'],
    summary: 'Choose a new password',
    description:
      'Every sign-in ends, and so do access tokens from before the address was confirmed. Where two factors are set up, logging in still asks for the second one.',
    tags,
    body: passwordReset,
    responses: { [status.noContent]: { description: 'You can log in with it now' } },
    problems: [status.unprocessable],
    handler: async ({ body, context }) => {
      await auth.passwordReset.reset(body.token, body.password, context)
      return reply(status.noContent)
    },
  }),
  route({
    method: 'post',
    path: '/auth/accept-invitation',
    permission: 'public',
    limits: ['link'],
    summary: 'Accept an invitation',
    description: 'Chooses the password of the account that an administrator made.',
    tags,
    body: invitationAcceptance,
    responses: { [status.noContent]: { description: 'You can log in now' } },
    problems: [status.unprocessable],
    handler: async ({ body, context }) => {
      await auth.invitations.accept(body, context)
      return reply(status.noContent)
    },
  }),
  route({
    method: 'post',
    path: '/auth/confirm-email',
    permission: 'public',
    limits: ['link'],
    summary: 'Confirm a new address',
    tags,
    body: linkToken,
    responses: { [status.noContent]: { description: 'It is the address of the account now' } },
    problems: [status.unprocessable],
    handler: async ({ body, context }) => {
      await auth.ownCredentials.confirmEmailChange(body.token, context)
      return reply(status.noContent)
    },
  }),
]
