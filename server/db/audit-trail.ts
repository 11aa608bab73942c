import { Prisma } from './generated/client.ts'
import { newId } from '../lib/ids.ts'
import type { Tx } from './database.ts'

/** Who did what to which, from where, with what result: written in the transaction of what it tells of. */
export type AuditEntry = {
  /** Undefined where nobody was signed in, or Berth itself acts. */
  actorId?: string
  organizationId?: string
  /** `<feature>.<verb>`, such as `subscription.cancel`. */
  action: string
  targetType: string
  targetId?: string
  /** What the change replaced, and by what; never a secret, and nothing that tells who a person is. */
  before?: Prisma.InputJsonObject
  after?: Prisma.InputJsonObject
  /** What of it tells who `userId` is (name, address, telephone): kept until that person is deleted, and no longer. */
  personal?: { userId: string; before?: Prisma.InputJsonObject; after?: Prisma.InputJsonObject }
  result?: 'SUCCEEDED' | 'REFUSED' | 'FAILED'
  /** A `Caller` is one; absent where no request asked. */
  origin?: { ipAddress: string; requestId: string; userAgent?: string }
}

/** Adds one row to the audit trail, which the database lets nobody change. `result` is SUCCEEDED unless told. */
export async function recordAudit(tx: Tx, { personal, ...entry }: AuditEntry): Promise<void> {
  const id = newId()
  await tx.$executeRaw(auditStatement(entry, { id }))
  if (personal) await tx.auditPersonalValues.create({ data: { auditEventId: id, ...personal } })
}

type Impersonal = Omit<AuditEntry, 'personal'>

/**
 * The statement that adds the row, as a part of a larger one too: then for each row of `from`, which is none where the
 * change that it tells of did not happen.
 */
export function auditStatement(
  { actorId, organizationId, action, targetType, targetId, before, after, result = 'SUCCEEDED', origin }: Impersonal,
  { id = newId(), from }: { id?: string; from?: string } = {},
): Prisma.Sql {
  const [was, is] = [before, after].map((values) => (values === undefined ? null : JSON.stringify(values)))
  return Prisma.sql`
    INSERT INTO audit_events (id, actor_id, organization_id, action, target_type, target_id, before, after,
                              ip_address, user_agent, request_id, result, created_at)
    SELECT ${id}::uuid, ${actorId ?? null}::uuid, ${organizationId ?? null}::uuid, ${action}, ${targetType},
           ${targetId ?? null}::uuid, ${was}::jsonb, ${is}::jsonb, ${origin?.ipAddress ?? null},
           ${origin?.userAgent ?? null}, ${origin?.requestId ?? null}, ${result}::audit_result, date_trunc('milliseconds', clock_timestamp())
      ${from === undefined ? Prisma.empty : Prisma.raw(`FROM ${from}`)}`
}
