import type { Database, Tx } from '../../../db/database.ts'
import type { RequestContext } from '../../../http/route.ts'
import type { Clock } from '../../../lib/clock.ts'
import { forbidden, unauthenticated, type Failure } from '../../../lib/errors.ts'
import type { Accounts } from '../../accounts/service.ts'
import { recordAudit } from '../../audit/service.ts'
import type { GuessDelay } from '../guess-delay.ts'
import * as tokens from '../one-time-token-store.ts'
import type { OneTimeTokens } from '../one-time-tokens.ts'
import type { Issued, Sessions, TokenPair } from '../sessions.ts'
import type { SignIn } from '../sign-in.ts'
import { findSeenDevices } from '../store.ts'
import { hashOpaqueToken } from '../tokens.ts'
import type { FactorProof, SecondFactor } from './second-factor.ts'

/**
 * Between the password and the second factor: a challenge proves that the password was right, for five minutes and five
 * wrong codes. Who has the password could ask for one challenge after the other, or for many before the first code: so
 * wrong codes are also counted by hour, where a challenge is given and where it is used.
 */
type Dependencies = {
  database: Pick<Database, 'prisma' | 'transaction'>
  accounts: Pick<Accounts, 'lock'>
  oneTimeTokens: OneTimeTokens
  secondFactor: Pick<SecondFactor, 'accept'>
  signIn: Pick<SignIn, 'within'>
  sessions: Pick<Sessions, 'pairOf'>
  delay: GuessDelay
  clock: Clock
}
export type Challenges = ReturnType<typeof createChallenges>

const codesPerChallenge = 5
/** Of a million codes three are right at any time: at this rate a guess takes years. */
const codesPerHour = 25
const hourMilliseconds = 60 * 60 * 1000

type Attempt = { account: string; challenge: string; proof: FactorProof }
/** A refusal is returned, not thrown, because what it wrote must be kept. */
type Outcome = { issued: Issued } | { refusal: Failure; wrongCode?: true }

export function createChallenges(dependencies: Dependencies) {
  const { database, accounts, oneTimeTokens, secondFactor, signIn, sessions, delay, clock } = dependencies

  const isLocked = async (tx: Tx, userId: string): Promise<boolean> => {
    const since = new Date(clock.systemNow().getTime() - hourMilliseconds)
    return (await tokens.wrongCodesSince(tx, userId, since)) >= codesPerHour
  }

  /** Behind the user's lock: codes that come at the same moment are counted one after the other. */
  const attempt = async (tx: Tx, { account, challenge, proof }: Attempt, origin: RequestContext): Promise<Outcome> => {
    const [tokenHash, now] = [hashOpaqueToken(challenge), clock.systemNow()]
    const user = await accounts.lock(tx, account)
    const isOpen = await tokens.isOpenChallenge(tx, { tokenHash, now, most: codesPerChallenge })
    if (user?.status !== 'ACTIVE' || !isOpen) return { refusal: challengeInvalid() }
    if (await isLocked(tx, user.id)) return { refusal: locked() }
    if (!(await secondFactor.accept(tx, user, proof, origin))) {
      await tokens.countWrongCode(tx, tokenHash)
      await recordAudit(tx, {
        action: 'auth.two-factor',
        targetType: 'user',
        targetId: user.id,
        result: 'REFUSED',
        origin,
      })
      return { refusal: codeInvalid(proof), wrongCode: true }
    }
    await oneTimeTokens.redeem(tx, 'TWO_FACTOR_CHALLENGE', challenge)
    const seenDevices = await findSeenDevices(tx, user.id)
    return {
      issued: await signIn.within(
        tx,
        { id: user.id, email: user.email, lastSeenAt: user.lastSeenAt, seenDevices },
        origin,
      ),
    }
  }

  return {
    /** Throws TWO_FACTOR_CODE_REQUIRED with a challenge: the password was right, and is not enough. */
    async begin(user: { id: string }, origin: RequestContext): Promise<never> {
      const issued = await database.transaction(async (tx) => {
        await tokens.lockUser(tx, user.id)
        if (await isLocked(tx, user.id)) return undefined
        await recordAudit(tx, {
          actorId: user.id,
          action: 'auth.password-accepted',
          targetType: 'user',
          targetId: user.id,
          origin,
        })
        return oneTimeTokens.issueChallenge(tx, user.id)
      })
      if (!issued) throw locked()
      throw unauthenticated('TWO_FACTOR_CODE_REQUIRED', 'The password is right. Send a code of your second factor.', {
        extensions: { twoFactorRequired: true, challenge: issued.token, expiresAt: issued.expiresAt.toISOString() },
      })
    },

    /**
     * Completes a login. Throws `unauthenticated` for a wrong code, and for a challenge that is over; `forbidden` where
     * too many wrong codes were tried with whatever challenge.
     */
    async complete(challenge: string, proof: FactorProof, origin: RequestContext): Promise<TokenPair> {
      const account = await tokens.ownerOf(database.prisma, hashOpaqueToken(challenge))
      if (account === undefined) throw challengeInvalid()
      await delay.wait(account, origin.ipAddress)
      const outcome = await database.transaction((tx) => attempt(tx, { account, challenge, proof }, origin))
      if ('issued' in outcome) {
        await delay.succeeded(account, origin.ipAddress)
        return sessions.pairOf(outcome.issued)
      }
      if (outcome.wrongCode) await delay.failed(account, origin.ipAddress)
      throw outcome.refusal
    },
  }
}

const locked = () => forbidden('TWO_FACTOR_LOCKED', 'Too many wrong codes were tried within the hour: try again later.')
const challengeInvalid = () =>
  unauthenticated('TWO_FACTOR_CHALLENGE_INVALID', 'This step of the login is over: begin again with the password.')
const codeInvalid = ({ code }: FactorProof) =>
  unauthenticated(
    'TWO_FACTOR_CODE_INVALID',
    code === undefined
      ? 'The recovery code is wrong, or was used before: take another one.'
      : 'The code is wrong, or was used before: wait for the next one.',
  )
