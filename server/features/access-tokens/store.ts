import type { Database, Db, Tx } from '../../db/database.ts'
import type { AccessToken, User } from '../../db/generated/client.ts'
import { newId } from '../../lib/ids.ts'

/** Every query on personal access tokens. */

export type NewAccessToken = Pick<
  AccessToken,
  'userId' | 'name' | 'hint' | 'tokenHash' | 'scopes' | 'expiresAt' | 'createdAt'
>

export const insertToken = (tx: Tx, token: NewAccessToken): Promise<AccessToken> =>
  tx.accessToken.create({ data: { id: newId(), ...token } })

/** A token with who has it: what a request needs to know, in one query by a unique index. */
export type TokenWithOwner = Pick<AccessToken, 'id' | 'scopes' | 'expiresAt' | 'revokedAt' | 'lastUsedAt'> & {
  user: Pick<User, 'id' | 'role' | 'status'>
  /** The personal organization first. */
  organizationIds: string[]
}
type Row = {
  id: string
  scopes: string[]
  expires_at: Date | null
  revoked_at: Date | null
  last_used_at: Date | null
  user_id: string
  role: User['role']
  status: User['status']
  organizations: string[]
}

const selectOwner = (where: string) =>
  `SELECT t.id, t.scopes, t.expires_at, t.revoked_at, t.last_used_at, u.id AS user_id, u.role, u.status,
          array_agg(o.id ORDER BY o.personal DESC, o.id) AS organizations
     FROM access_tokens t
     JOIN users u ON u.id = t.user_id
     JOIN memberships m ON m.user_id = u.id
     JOIN organizations o ON o.id = m.organization_id
    WHERE ${where}
    GROUP BY t.id, u.id`
const byHash = selectOwner('t.token_hash = $1')
const byId = selectOwner('t.id = $1')

export const findTokenByHash = async (
  database: Pick<Database, 'query'>,
  tokenHash: Uint8Array,
): Promise<TokenWithOwner | undefined> => tokenOf(await database.query<Row>(byHash, [tokenHash]))

export const findTokenById = async (
  database: Pick<Database, 'query'>,
  id: string,
): Promise<TokenWithOwner | undefined> => tokenOf(await database.query<Row>(byId, [id]))

function tokenOf([row]: readonly Row[]): TokenWithOwner | undefined {
  if (!row) return undefined
  const { id, scopes, role, status } = row
  return {
    id,
    scopes,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
    user: { id: row.user_id, role, status },
    organizationIds: row.organizations,
  }
}

/** Unless another process noted one since `latest`. */
export async function noteTokenUse(
  database: Pick<Database, 'query'>,
  { id, now, ipAddress, latest }: { id: string; now: Date; ipAddress: string; latest: Date },
): Promise<void> {
  await database.query(
    `UPDATE access_tokens SET last_used_at = $2, last_ip_address = $3
      WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $4)`,
    [id, now, ipAddress, latest],
  )
}

/** The user, their row locked: tokens of one user are made one after the other, so that their number holds. */
export async function lockOwner(tx: Tx, id: string): Promise<User | null> {
  await tx.$queryRaw`SELECT 1 FROM users WHERE id = ${id}::uuid FOR NO KEY UPDATE`
  return tx.user.findUnique({ where: { id } })
}

export const countLiveTokens = (tx: Tx, userId: string, now: Date): Promise<number> =>
  tx.accessToken.count({ where: { userId, ...live(now) } })

/** Those that were not revoked, newest first; also the expired ones, until housekeeping removes them. */
export const findTokens = (db: Db, userId: string): Promise<AccessToken[]> =>
  db.accessToken.findMany({ where: { userId, revokedAt: null }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] })

export const findToken = (db: Db | Tx, userId: string, id: string): Promise<AccessToken | null> =>
  db.accessToken.findFirst({ where: { id, userId, revokedAt: null } })

/** Those that this revoked; all of the user's where no id is given. */
export const revokeTokens = (tx: Tx, userId: string, now: Date, id?: string): Promise<AccessToken[]> =>
  tx.accessToken.updateManyAndReturn({
    where: { userId, revokedAt: null, ...(id !== undefined && { id }) },
    data: { revokedAt: now },
  })

/** Answers how many. */
export async function deleteTokensEndedBefore(db: Db, time: Date): Promise<number> {
  const { count } = await db.accessToken.deleteMany({
    where: { OR: [{ revokedAt: { lt: time } }, { expiresAt: { lt: time } }] },
  })
  return count
}

const live = (now: Date) => ({ revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] })
