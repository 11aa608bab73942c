import type { Database, Tx } from '../../db/database.ts'
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
export type TokenWithOwner = Pick<AccessToken, 'id' | 'scopes' | 'expiresAt' | 'revokedAt'> & {
  user: Pick<User, 'id' | 'role' | 'status'>
  /** The personal organization first. */
  organizationIds: string[]
}
type Row = {
  id: string
  scopes: string[]
  expires_at: Date | null
  revoked_at: Date | null
  user_id: string
  role: User['role']
  status: User['status']
  organizations: string[]
}

const selectOwner = (where: string) =>
  `SELECT t.id, t.scopes, t.expires_at, t.revoked_at, u.id AS user_id, u.role, u.status,
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
  const { id, scopes, expires_at: expiresAt, revoked_at: revokedAt, user_id: userId, role, status } = row
  return { id, scopes, expiresAt, revokedAt, user: { id: userId, role, status }, organizationIds: row.organizations }
}
