import type { Config } from '../../config/types.ts'
import { reply, route, type ReplyHeaders, type RequestContext, type Route } from '../../http/route.ts'
import { status } from '../../http/status.ts'
import { unauthenticated } from '../../lib/errors.ts'
import {
  credentials,
  jwks,
  refreshRequest,
  registered,
  registration,
  secondStep,
  signingKey,
  strengthAnswer,
  strengthQuestion,
  tokens,
} from './model.ts'
import { readRefreshCookie, refreshCookie } from './refresh-cookie.ts'
import { credentialRoutes } from './routes-credentials.ts'
import { mailedLinkRoutes } from './routes-mailed-links.ts'
import { sessionRoutes } from './routes-sessions.ts'
import type { AuthService } from './service.ts'
import type { TokenPair } from './sessions.ts'
import type { SigningKeys } from './signing-keys.ts'
import { twoFactorRoutes } from './two-factor/routes.ts'

type Dependencies = { auth: AuthService; signingKeys: SigningKeys; config: Pick<Config, 'publicUrl'> }

const tags = ['Authentication']
const tokenHeaders = { 'Set-Cookie': 'The refresh token, unless it was asked for in the body.' }
const jwksSeconds = 300

export const authRoutes = (dependencies: Dependencies): Route[] => [
  ...signInRoutes(dependencies),
  ...sessionRoutes(dependencies.auth),
  ...mailedLinkRoutes(dependencies.auth),
  ...credentialRoutes(dependencies.auth),
  ...twoFactorRoutes(dependencies.auth),
]

const signInRoutes = ({ auth, signingKeys, config }: Dependencies): Route[] => [
  route({
    method: 'post',
    path: '/auth/register',
    permission: 'public',
    limits: ['register', 'mail-account'],
    summary: 'Register',
    description:
      'Makes an account with a personal organization, and mails a link that confirms the address. The answer is the same where the address is taken.',
    tags,
    body: registration,
    responses: {
      [status.created]: {
        description: 'You can log in, where needed once the address is confirmed',
        schema: registered,
      },
    },
    problems: [status.forbidden, status.unprocessable, status.unavailable],
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
    description:
      'Where two factors are set up, the answer is a problem TWO_FACTOR_CODE_REQUIRED with a `challenge` for `/auth/two-factor`.',
    problems: [status.unauthorized, status.forbidden],
    handler: ({ body, ...given }) =>
      signedIn({ auth, config }, { where: body.tokenDelivery, ...given }, () => auth.login(body, given.context)),
  }),
  route({
    method: 'post',
    path: '/auth/two-factor',
    permission: 'public',
    limits: ['two-factor'],
    summary: 'Log in: the second factor',
    description:
      'Five wrong codes may be tried with one challenge, within five minutes, and 25 within an hour for an account.',
    tags,
    body: secondStep,
    responses: { [status.ok]: { description: 'Logged in', schema: tokens, headers: tokenHeaders } },
    problems: [status.unauthorized, status.forbidden],
    handler: ({ body: { challenge, tokenDelivery: where, ...proof }, ...given }) =>
      signedIn({ auth, config }, { where, ...given }, () => auth.completeLogin(challenge, proof, given.context)),
  }),
  route({
    method: 'post',
    path: '/auth/password-strength',
    permission: 'public',
    limits: ['password-strength'],
    summary: 'How strong a password would be',
    description: 'Nothing of it is kept. Say whose it is to be, since that is guessed first.',
    tags,
    body: strengthQuestion,
    responses: { [status.ok]: { description: 'Its strength', schema: strengthAnswer } },
    problems: [status.unavailable],
    handler: async ({ body: { password, ...owner } }) => reply(status.ok, await auth.policy.assess(password, owner)),
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
    path: '/auth/signing-keys/rotate',
    permission: 'administrator',
    summary: 'Have access tokens signed with a new key',
    description:
      'The new key is published at once and signs five minutes later; tokens that the old one signed stay good until they expire. It also happens by itself every month.',
    tags,
    responses: { [status.ok]: { description: 'The next key', schema: signingKey } },
    handler: async ({ caller }) => reply(status.ok, await signingKeys.rotate(caller)),
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

type SignIn = { where: 'body' | 'cookie'; request: Parameters<typeof readRefreshCookie>[0]; context: RequestContext }

/** A browser that signs in again leaves no sign-in behind that only its overwritten cookie could end. */
async function signedIn(
  { auth, config }: Pick<Dependencies, 'auth' | 'config'>,
  { where, request, context }: SignIn,
  signIn: () => Promise<TokenPair>,
) {
  const earlier = where === 'cookie' ? readRefreshCookie(request, config.publicUrl) : undefined
  const pair = await signIn()
  if (earlier !== undefined) await auth.ownSessions.endReplaced(earlier, context)
  return delivered(pair, where)
}

function delivered({ accessToken, refreshToken, expiresIn, refreshExpiresAt }: TokenPair, where: 'body' | 'cookie') {
  const headers: ReplyHeaders =
    where === 'cookie' ? { 'Set-Cookie': refreshCookie(refreshToken, refreshExpiresAt) } : {}
  const body = { accessToken, tokenType: 'Bearer', expiresIn, ...(where === 'body' && { refreshToken }) } as const
  return reply(status.ok, body, headers)
}
