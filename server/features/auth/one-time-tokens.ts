import type { Database, Tx } from '../../db/database.ts'
import type { OneTimeToken } from '../../db/generated/client.ts'
import type { OneTimeTokenKind } from '../../db/generated/enums.ts'
import type { Clock } from '../../lib/clock.ts'
import { unprocessable } from '../../lib/errors.ts'
import { endedOneTimeTokenSeconds, oneTimeSeconds } from './lifetimes.ts'
import * as store from './one-time-token-store.ts'
import { hashOpaqueToken, newOpaqueToken } from './tokens.ts'

/**
 * Secrets that work once: those of mailed links, and the one between the two steps of a sign-in. Only their hashes are
 * stored; the secret itself is in the mail, or with who logs in.
 */
export type OneTimeTokens = ReturnType<typeof createOneTimeTokens>
/** Invitations are sent by administrators: here they are only accepted. */
type IssuedKind = keyof typeof oneTimeSeconds
export type IssuedToken = { id: string; token: string; expiresAt: Date }

type Dependencies = { database: Pick<Database, 'prisma'>; clock: Clock }

export function createOneTimeTokens({ database, clock }: Dependencies) {
  return {
    /** Makes one and ends the earlier ones of its kind: of several mails, the last one's link works. */
    async issue(
      tx: Tx,
      kind: Exclude<IssuedKind, 'TWO_FACTOR_CHALLENGE'>,
      userId: string,
      { email }: { email?: string } = {},
    ): Promise<IssuedToken> {
      // Two requests at once would each end what was there before the other, and leave two.
      await store.lockUser(tx, userId)
      await store.endTokens(tx, userId, [kind], clock.systemNow())
      return insert(tx, { kind, userId, email: email ?? null })
    },

    /** Between password and second factor. Earlier ones stay: a person may log in on two devices at a time. */
    issueChallenge: (tx: Tx, userId: string): Promise<IssuedToken> =>
      insert(tx, { kind: 'TWO_FACTOR_CHALLENGE', userId, email: null }),

    /** Uses it up. Throws `unprocessable` LINK_INVALID where it is unknown, used, replaced or too old. */
    async redeem(tx: Tx, kind: OneTimeTokenKind, token: string): Promise<OneTimeToken> {
      const redeemed = await store.useToken(tx, { kind, tokenHash: hashOpaqueToken(token), now: clock.systemNow() })
      if (!redeemed) throw linkInvalid()
      return redeemed
    },

    /** Those of these kinds that were sent to a person work no more. */
    end: (tx: Tx, userId: string, kinds: readonly OneTimeTokenKind[]): Promise<void> =>
      store.endTokens(tx, userId, kinds, clock.systemNow()),

    /** Removes those that ended long ago; answers how many. */
    removeEnded: (): Promise<number> =>
      store.deleteTokensEndedBefore(
        database.prisma,
        new Date(clock.systemNow().getTime() - endedOneTimeTokenSeconds * 1000),
      ),
  }

  async function insert(
    tx: Tx,
    token: { kind: IssuedKind; userId: string; email: string | null },
  ): Promise<IssuedToken> {
    const now = clock.systemNow()
    const secret = newOpaqueToken()
    const expiresAt = new Date(now.getTime() + oneTimeSeconds[token.kind] * 1000)
    const id = await store.insertToken(tx, { ...token, tokenHash: hashOpaqueToken(secret), createdAt: now, expiresAt })
    return { id, token: secret, expiresAt }
  }
}

export const linkInvalid = () =>
  unprocessable('LINK_INVALID', 'This link was used, is too old, or was replaced by a newer one: ask for another one.')
