import type { Config } from '../../config/types.ts'
import type { Database } from '../../db/database.ts'
import { sessionOf } from '../../http/admission.ts'
import type { FailureCounters } from '../../http/rate-limits/failure-counters.ts'
import type { Caller } from '../../http/route.ts'
import type { Clock } from '../../lib/clock.ts'
import type { SecretBox } from '../../lib/secret-box.ts'
import type { Accounts } from '../accounts/service.ts'
import type { Notifications } from '../notifications/service.ts'
import { createGuessDelay } from './guess-delay.ts'
import { createInvitations } from './invitations.ts'
import { createAccountLinks } from './links.ts'
import { createLogin } from './login.ts'
import { createNewPassword } from './new-password.ts'
import { createOneTimeTokens } from './one-time-tokens.ts'
import { createOwnCredentials } from './own-credentials.ts'
import { createOwnSessions } from './own-sessions.ts'
import { createPasswordPolicy } from './password-policy.ts'
import { createPasswordReset } from './password-reset.ts'
import type { PasswordStrength } from './password-strength.ts'
import { createReauthentication } from './reauthentication.ts'
import { createRegistration } from './registration.ts'
import type { Sessions } from './sessions.ts'
import { createSignIn } from './sign-in.ts'
import { createChallenges } from './two-factor/challenge.ts'
import { createSecondFactor } from './two-factor/second-factor.ts'
import { createVerification } from './verification.ts'

/**
 * How people sign up, in and out, and what they change of it. Each part is a file; here they are handed to each other,
 * and what the routes and other features use of them is named.
 */

export { deviceOf } from './devices.ts'
export { createAccountLinks } from './links.ts'
export { hashPassword } from './passwords.ts'
export type { OneTimeTokens } from './one-time-tokens.ts'
export type { Reauthenticate } from './reauthentication.ts'
export { sessionEnded } from './sessions.ts'
export type { EndReason, Sessions } from './sessions.ts'
export { hashOpaqueToken, newOpaqueToken } from './tokens.ts'

type Dependencies = {
  database: Pick<Database, 'prisma' | 'query' | 'transaction'>
  secretBox: SecretBox
  clock: Clock
  accounts: Accounts
  sessions: Sessions
  notifications: Pick<Notifications, 'send'>
  strength: PasswordStrength
  counters: FailureCounters
  config: Pick<Config, 'publicUrl' | 'registrations' | 'registrationDomains' | 'emailVerification' | 'adminTwoFactor'>
}
export type AuthService = ReturnType<typeof createAuthService>

export function createAuthService(given: Dependencies) {
  const { sessions, counters, clock } = given
  const links = createAccountLinks(given.config.publicUrl)
  const policy = createPasswordPolicy(given)
  const oneTimeTokens = createOneTimeTokens(given)
  const signIn = createSignIn(given)
  const secondFactor = createSecondFactor(given)
  const passwordDelay = createGuessDelay({ counters, clock, purpose: 'password' })
  const codeDelay = createGuessDelay({ counters, clock, purpose: 'second-factor' })
  const challenges = createChallenges({ ...given, oneTimeTokens, secondFactor, signIn, delay: codeDelay })
  const verification = createVerification({ ...given, oneTimeTokens, links })
  const newPassword = createNewPassword({ ...given, oneTimeTokens, policy })
  const shared = { ...given, links, policy, oneTimeTokens, verification, newPassword }
  return {
    policy,
    oneTimeTokens,
    secondFactor,
    verification,
    register: createRegistration(shared),
    login: createLogin({ ...given, signIn, challenges, delay: passwordDelay }),
    completeLogin: challenges.complete,
    reauthenticate: createReauthentication({ ...given, secondFactor, delay: passwordDelay }),
    passwordReset: createPasswordReset(shared),
    invitations: createInvitations(shared),
    ownCredentials: createOwnCredentials(shared),
    ownSessions: createOwnSessions(given),
    refresh: sessions.refresh,
    logout: (caller: Caller): Promise<void> => sessions.end(sessionOf(caller), caller.userId, caller),
  }
}
