import type { Database, Tx } from '../../db/database.ts'
import type { AccessToken } from '../../db/generated/client.ts'
import type { Caller } from '../../http/route.ts'
import { isAdminScope, type Scope } from '../../http/scopes.ts'
import type { Clock } from '../../lib/clock.ts'
import { conflict, forbidden, notFound } from '../../lib/errors.ts'
import { recordAudit } from '../audit/service.ts'
import { deviceOf, sessionEnded } from '../auth/service.ts'
import type { Notifications } from '../notifications/service.ts'
import * as store from './store.ts'
import { hashToken, hintOf, newToken } from './token.ts'

/**
 * Personal access tokens: what a person gives to a program instead of a password. They outlive a changed password,
 * because programs do not know it; they stop when revoked, expired, or when their owner is deactivated.
 */

type Dependencies = {
  database: Pick<Database, 'prisma' | 'transaction'>
  clock: Clock
  notifications: Pick<Notifications, 'send'>
}
export type NewToken = { name: string; scopes: readonly Scope[]; expiresInDays: number }
export type AccessTokens = ReturnType<typeof createAccessTokens>

/** Those that live. Enough for every program that a person has; a list of them fits on one page. */
const tokensPerUser = 50
const dayMilliseconds = 24 * 60 * 60 * 1000
/** Ended tokens are kept this long, for who asks what happened; then they are removed. */
const endedTokenDays = 30

export function createAccessTokens({ database, clock, notifications }: Dependencies) {
  const revoke = async (tx: Tx, caller: Caller, id?: string): Promise<number> => {
    const revoked = await store.revokeTokens(tx, caller.userId, clock.systemNow(), id)
    for (const token of revoked)
      await recordAudit(tx, { ...auditOf(token, caller), action: 'access-token.revoke', before: described(token) })
    return revoked.length
  }

  return {
    /**
     * Makes a token; its secret is in this answer and nowhere else. Its owner is mailed. Throws `forbidden` for admin
     * scopes where the caller is no administrator, `conflict` where the caller has as many as one may have.
     */
    async create(caller: Caller, { name, scopes, expiresInDays }: NewToken): Promise<AccessToken & { token: string }> {
      if (caller.role !== 'ADMINISTRATOR' && scopes.some(isAdminScope))
        throw forbidden('ADMINISTRATORS_ONLY', 'Only administrators may give admin scopes to a token.')
      const token = newToken()
      const now = clock.systemNow()
      const row = {
        userId: caller.userId,
        name,
        hint: hintOf(token),
        tokenHash: hashToken(token),
        scopes: [...scopes],
        expiresAt: new Date(now.getTime() + expiresInDays * dayMilliseconds),
        createdAt: now,
      }
      return database.transaction(async (tx) => {
        const owner = (await store.lockOwner(tx, caller.userId)) ?? absent()
        // Deactivated while this waited: what is made now would come back with the account.
        if (owner.status !== 'ACTIVE') throw sessionEnded()
        if ((await store.countLiveTokens(tx, owner.id, now)) >= tokensPerUser) throw tooMany()
        const made = await store.insertToken(tx, row)
        await recordAudit(tx, { ...auditOf(made, caller), action: 'access-token.create', after: described(made) })
        const data = { name, ...deviceOf(caller, now) }
        await notifications.send(tx, { userId: owner.id, email: owner.email }, { kind: 'access-token-created', data })
        return { ...made, token }
      })
    },

    /** The caller's own, newest first; without the revoked ones. */
    list: (caller: Caller): Promise<AccessToken[]> => store.findTokens(database.prisma, caller.userId),

    async get(caller: Caller, id: string): Promise<AccessToken> {
      return (await store.findToken(database.prisma, caller.userId, id)) ?? absent()
    },

    /** Stops one of the caller's tokens at once. */
    async revoke(caller: Caller, id: string): Promise<void> {
      if ((await database.transaction((tx) => revoke(tx, caller, id))) === 0) absent()
    },

    /** Stops every token of the caller; answers how many. */
    revokeAll: (caller: Caller): Promise<number> => database.transaction((tx) => revoke(tx, caller)),

    /** Removes tokens that ended long ago; answers how many. */
    removeEnded: (): Promise<number> =>
      store.deleteTokensEndedBefore(
        database.prisma,
        new Date(clock.systemNow().getTime() - endedTokenDays * dayMilliseconds),
      ),
  }
}

const auditOf = ({ id }: AccessToken, caller: Caller) => ({
  actorId: caller.userId,
  targetType: 'accessToken',
  targetId: id,
  origin: caller,
})

const described = ({ name, hint, scopes, expiresAt }: AccessToken) => ({
  name,
  hint,
  scopes,
  expiresAt: expiresAt?.toISOString() ?? null,
})

const tooMany = () =>
  conflict('TOKEN_LIMIT', `You have ${tokensPerUser} access tokens, which is as many as one may have: revoke one.`, {
    extensions: { limit: tokensPerUser },
  })

const absent = (): never => {
  throw notFound('TOKEN_NOT_FOUND', 'You have no such access token.')
}
