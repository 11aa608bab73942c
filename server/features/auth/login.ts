import type { Config } from '../../config/types.ts'
import type { Database } from '../../db/database.ts'
import type { RequestContext } from '../../http/route.ts'
import type { Clock } from '../../lib/clock.ts'
import { forbidden, unauthenticated } from '../../lib/errors.ts'
import { normalizeEmail } from '../accounts/service.ts'
import { recordAudit } from '../audit/service.ts'
import type { GuessDelay } from './guess-delay.ts'
import { findForLogin, type LoginRow } from './login-store.ts'
import { verifyPassword } from './passwords.ts'
import type { Sessions, TokenPair } from './sessions.ts'
import type { SignIn } from './sign-in.ts'
import type { Challenges } from './two-factor/challenge.ts'

/** Logging in. What is answered, and how long it takes, never tells whether an address is known. */

type Dependencies = {
  database: Pick<Database, 'query' | 'transaction'>
  sessions: Pick<Sessions, 'pairOf'>
  signIn: Pick<SignIn, 'alone'>
  challenges: Pick<Challenges, 'begin'>
  delay: GuessDelay
  clock: Clock
  config: Pick<Config, 'emailVerification'>
}

export function createLogin(dependencies: Dependencies) {
  const { database, sessions, signIn, challenges, delay, config } = dependencies

  const noteRefusal = (user: LoginRow | undefined, origin: RequestContext) =>
    database.transaction((tx) => recordAudit(tx, { ...refusedLogin(user), origin }))

  const refuse = async (address: string, user: LoginRow | undefined, origin: RequestContext) => {
    await delay.failed(address, origin.ipAddress)
    await noteRefusal(user, origin)
    throw unauthenticated('INVALID_CREDENTIALS', refusals[config.emailVerification])
  }

  /**
   * Throws `unauthenticated` for an unknown address as for a wrong password and for an address that must be confirmed
   * first, and takes as long for each; TWO_FACTOR_CODE_REQUIRED with a challenge where a second factor is asked for.
   */
  return async (
    { email, password }: { email: string; password: string },
    origin: RequestContext,
  ): Promise<TokenPair> => {
    const address = normalizeEmail(email)
    await delay.wait(address, origin.ipAddress)
    const user = await findForLogin(database, address)
    const right = await verifyPassword(password, user?.passwordHash ?? undefined)
    if (!right || !user?.passwordHash || !isConfirmed(user, config)) return refuse(address, user, origin)
    await delay.succeeded(address, origin.ipAddress)
    if (user.status !== 'ACTIVE') {
      await noteRefusal(user, origin)
      throw forbidden('ACCOUNT_DEACTIVATED', 'This account was deactivated: ask the administrator.')
    }
    if (user.twoFactor) return challenges.begin(user, origin)
    return sessions.pairOf(await signIn.alone({ ...user, passwordHash: user.passwordHash }, origin))
  }
}

const isConfirmed = ({ emailVerified }: LoginRow, { emailVerification }: Pick<Config, 'emailVerification'>) =>
  emailVerified || emailVerification === 'optional'

const refusals = {
  optional: 'The e-mail address or the password is wrong.',
  required: 'The e-mail address or the password is wrong, or the address is not confirmed yet.',
} as const

const refusedLogin = (user: LoginRow | undefined) => ({
  action: 'auth.login',
  targetType: 'user',
  result: 'REFUSED' as const,
  ...(user && { targetId: user.id }),
})
