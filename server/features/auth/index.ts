import type { Config } from '../../config/types.ts'
import {
  createAuthentication,
  type AccessTokenSource,
  type Authentication,
  type Owner,
} from '../../http/authentication.ts'
import type { Idempotency } from '../../http/idempotency.ts'
import type { FailureCounters } from '../../http/rate-limits/failure-counters.ts'
import type { Accounts } from '../accounts/service.ts'
import type { Feature, Platform } from '../feature.ts'
import type { Notifications } from '../notifications/service.ts'
import { createHousekeepingJob, createRefusedSignInsJob, createRotationJob } from './jobs.ts'
import { createRefusedSignInsWatch } from './refused-sign-ins.ts'
import { createPasswordStrength } from './password-strength.ts'
import { authRoutes } from './routes.ts'
import { createAuthService } from './service.ts'
import { createSessions } from './sessions.ts'
import { createSigningKeys, type SigningKeys } from './signing-keys.ts'
import { findSessionOwner } from './store.ts'

type Dependencies = Pick<Platform, 'database' | 'secretBox' | 'clock'> & {
  config: Pick<Config, 'publicUrl' | 'registrations' | 'registrationDomains' | 'emailVerification' | 'adminTwoFactor'>
  accounts: Accounts
  accessTokens: AccessTokenSource
  notifications: Pick<Notifications, 'send'>
  idempotency: Pick<Idempotency, 'removeExpired'>
  /** Where guesses are counted. */
  counters: FailureCounters
}

/** Signing up, in and out; and what tells the other routes who is asking. */
export function createAuthFeature(dependencies: Dependencies) {
  const { database, secretBox, clock, config, notifications, idempotency } = dependencies
  const signingKeys: SigningKeys = createSigningKeys({ database, secretBox, clock })
  const issuer = config.publicUrl
  const sessions = createSessions({ database, secretBox, clock, signingKeys, notifications, issuer })
  const strength = createPasswordStrength()
  const auth = createAuthService({ ...dependencies, sessions, strength })
  const feature = {
    name: 'auth',
    routes: authRoutes({ auth, signingKeys, config }),
    jobs: [
      createHousekeepingJob({ sessions, oneTimeTokens: auth.oneTimeTokens, idempotency }),
      createRotationJob(signingKeys),
      createRefusedSignInsJob(createRefusedSignInsWatch(dependencies)),
    ],
    stop: () => strength.stop(),
  } satisfies Feature
  const authentication = authenticationOf(dependencies, { signingKeys, auth })
  return { feature, auth, authentication, signingKeys, sessions }
}

type Parts = { signingKeys: SigningKeys; auth: Pick<ReturnType<typeof createAuthService>, 'secondFactor'> }

function authenticationOf(
  { database, clock, config, accessTokens }: Dependencies,
  { signingKeys, auth }: Parts,
): Authentication {
  const mustHave = ({ role }: Owner) => role === 'ADMINISTRATOR' && config.adminTwoFactor === 'required'
  const checked = async <Found extends Owner>(owner: Found): Promise<Found> => {
    if (!mustHave(owner) || (await auth.secondFactor.isOn(database.prisma, owner.userId))) return owner
    return { ...owner, lacksSecondFactor: true }
  }
  return createAuthentication({
    publicKey: (kid) => signingKeys.publicKey(kid),
    async readSession(sessionId, now) {
      const row = await findSessionOwner(database, sessionId, now)
      if (!row) return undefined
      const { twoFactor, ...owner } = row
      return mustHave(owner) && !twoFactor ? { ...owner, lacksSecondFactor: true } : owner
    },
    // A token that was made before second factors were asked for is worth no more than the sign-in is.
    accessTokens: {
      recognizes: accessTokens.recognizes,
      authenticate: async (token, context) => checked(await accessTokens.authenticate(token, context)),
      async owner(tokenId) {
        const owner = await accessTokens.owner(tokenId)
        return owner && checked(owner)
      },
    },
    clock,
    issuer: config.publicUrl,
  })
}
