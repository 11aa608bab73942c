import type { Config } from '../../config/types.ts'
import { reply, route, type ReplyHeaders, type Route } from '../../http/route.ts'
import { status } from '../../http/status.ts'
import { unauthenticated } from '../../lib/errors.ts'
import { credentials, jwks, refreshRequest, registered, registration, tokens } from './model.ts'
import { clearedRefreshCookie, readRefreshCookie, refreshCookie } from './refresh-cookie.ts'
import type { AuthService } from './service.ts'
import type { TokenPair } from './sessions.ts'
import type { SigningKeys } from './signing-keys.ts'

type Dependencies = { auth: AuthService; signingKeys: SigningKeys; config: Pick<Config, 'publicUrl'> }

const tags = ['Authentication']
const tokenHeaders = { 'Set-Cookie': 'The refresh token, unless it was asked for in the body.' }
const jwksSeconds = 300

export const authRoutes = ({ auth, signingKeys, config }: Dependencies): Route[] => [
  route({
    method: 'post',
    path: '/auth/register',
    permission: 'public',
    limits: ['register', 'mail-account'],
    summary: 'Register',
    description: 'Makes an account with a personal organization. The answer is the same where the address is taken.',
    tags,
    body: registration,
    responses: { [status.created]: { description: 'You can log in now', schema: registered } },
    problems: [status.forbidden, status.unprocessable],
    handler: async ({ body, context }) => {
      await auth.register(body, context)
      return reply(status.created, {
        user: { email: body.email, name: body.name },
        organization: { name: body.name },
      })
    },
  }),
  route({
    method: 'post',
    path: '/auth/login',
    permission: 'public',
    limits: ['login'],
    summary: 'Log in',
    tags,
    body: credentials,
    responses: { [status.ok]: { description: 'Logged in', schema: tokens, headers: tokenHeaders } },
    problems: [status.unauthorized, status.forbidden],
    handler: async ({ body, context }) => {
      const { tokens } = await auth.login(body, context)
      return delivered(tokens, body.tokenDelivery)
    },
  }),
  route({
    method: 'post',
    path: '/auth/refresh',
    permission: 'public',
    limits: ['refresh'],
    summary: 'Get a new access token',
    description:
      'Each refresh token is used once and replaced. Used again, except by a parallel call within 10 seconds, it ends the sign-in.',
    tags,
    body: refreshRequest,
    responses: { [status.ok]: { description: 'The next tokens', schema: tokens, headers: tokenHeaders } },
    problems: [status.unauthorized],
    handler: async ({ body, request, context }) => {
      if (body.refreshToken !== undefined) return delivered(await auth.refresh(body.refreshToken, context), 'body')
      const token = readRefreshCookie(request, config.publicUrl)
      if (token === undefined)
        throw unauthenticated('REFRESH_TOKEN_MISSING', 'There is no refresh token, in the body or in the cookie.')
      return delivered(await auth.refresh(token, context), 'cookie')
    },
  }),
  route({
    method: 'post',
    path: '/auth/logout',
    permission: 'user',
    summary: 'Log out',
    description: 'Ends this sign-in: its tokens stop at once.',
    tags,
    responses: { [status.noContent]: { description: 'Logged out', headers: { 'Set-Cookie': 'Removes the cookie.' } } },
    handler: async ({ caller }) => {
      await auth.logout(caller)
      return reply(status.noContent, undefined, { 'Set-Cookie': clearedRefreshCookie })
    },
  }),
  route({
    method: 'get',
    path: '/.well-known/jwks.json',
    root: true,
    permission: 'public',
    summary: 'The keys that access tokens are verified with',
    tags,
    responses: { [status.ok]: { description: 'A JSON Web Key Set', schema: jwks } },
    handler: async () =>
      reply(status.ok, await signingKeys.jwks(), { 'Cache-Control': `public, max-age=${jwksSeconds}` }),
  }),
]

function delivered({ accessToken, refreshToken, expiresIn, refreshExpiresAt }: TokenPair, where: 'body' | 'cookie') {
  const headers: ReplyHeaders =
    where === 'cookie' ? { 'Set-Cookie': refreshCookie(refreshToken, refreshExpiresAt) } : {}
  const body = { accessToken, tokenType: 'Bearer', expiresIn, ...(where === 'body' && { refreshToken }) } as const
  return reply(status.ok, body, headers)
}
