import type { Config } from '../../config/types.ts'
import { createAuthentication, type AccessTokenSource, type Authentication } from '../../http/authentication.ts'
import type { Idempotency } from '../../http/idempotency.ts'
import type { Job } from '../../jobs/job.ts'
import type { Accounts } from '../accounts/service.ts'
import type { Feature, Platform } from '../feature.ts'
import type { Notifications } from '../notifications/service.ts'
import { authRoutes } from './routes.ts'
import { createAuthService } from './service.ts'
import { createSessions } from './sessions.ts'
import { createSigningKeys, type SigningKeys } from './signing-keys.ts'
import { findSessionOwner } from './store.ts'

type Dependencies = Pick<Platform, 'database' | 'secretBox' | 'clock'> & {
  config: Pick<Config, 'publicUrl' | 'registrationsOpen'>
  accounts: Accounts
  accessTokens: AccessTokenSource
  notifications: Pick<Notifications, 'send'>
  idempotency: Pick<Idempotency, 'removeExpired'>
}

/** Signing up, in and out; and what tells the other routes who is asking. */
export function createAuthFeature(dependencies: Dependencies) {
  const { database, secretBox, clock, config, accounts, accessTokens, idempotency } = dependencies
  const signingKeys: SigningKeys = createSigningKeys({ database, secretBox, clock })
  const issuer = config.publicUrl
  const sessions = createSessions({ database, secretBox, clock, signingKeys, issuer })
  const auth = createAuthService({ database, accounts, sessions, clock, config })
  const authentication: Authentication = createAuthentication({
    publicKey: (kid) => signingKeys.publicKey(kid),
    readSession: (sessionId, now) => findSessionOwner(database, sessionId, now),
    accessTokens,
    clock,
    issuer,
  })
  const housekeeping: Job = {
    name: 'auth-housekeeping',
    schedule: '17 3 * * *',
    async run(_data, { log }) {
      const [endedSessions, idempotencyKeys] = [await sessions.removeEnded(), await idempotency.removeExpired()]
      log.info({ endedSessions, idempotencyKeys }, 'removed what nobody needs any more')
    },
  }
  const feature = {
    name: 'auth',
    routes: authRoutes({ auth, signingKeys, config }),
    jobs: [housekeeping],
  } satisfies Feature
  return { feature, auth, authentication, signingKeys, sessions }
}
