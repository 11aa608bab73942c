import type { Database } from '../../db/database.ts'

/** How often somebody was refused at an account, of those who were and whose owner is to be told. */
export type RefusedSignIns = { userId: string; email: string; passwords: number; codes: number; addresses: number }

type Bounds = { since: Date; notToldSince: Date; passwords: number; codes: number }

/** Active users, from whose account at least so many were turned away since, and who were not told of it lately. */
export const findRefusedSignIns = (
  database: Pick<Database, 'query'>,
  { since, notToldSince, passwords, codes }: Bounds,
): Promise<RefusedSignIns[]> => database.query<RefusedSignIns>(statement, [since, passwords, codes, notToldSince])

const statement = `
  SELECT u.id AS "userId", u.email, r.passwords, r.codes, r.addresses
    FROM (
      SELECT target_id, count(DISTINCT ip_address)::int AS addresses,
             (count(*) FILTER (WHERE action <> 'auth.two-factor'))::int AS passwords,
             (count(*) FILTER (WHERE action = 'auth.two-factor'))::int AS codes
        FROM audit_events
       WHERE action IN ('auth.login', 'auth.reauthenticate', 'auth.two-factor') AND created_at > $1
         AND result = 'REFUSED' AND target_type = 'user' AND target_id IS NOT NULL
       GROUP BY target_id
    ) r JOIN users u ON u.id = r.target_id
   WHERE (r.passwords >= $2 OR r.codes >= $3) AND u.status = 'ACTIVE'
     AND NOT EXISTS (
       SELECT 1 FROM notifications n
        WHERE n.recipient = u.email AND n.kind = 'sign-ins-refused' AND n.created_at > $4)
   ORDER BY u.id`
