import type { Tx } from '../../db/database.ts'
import type { Prisma } from '../../db/generated/client.ts'
import { newId } from '../../lib/ids.ts'

/** Who did what to which, from where, with what result: written in the transaction of what it tells of. */
export type AuditEntry = {
  /** Undefined where nobody was signed in, or Berth itself acts. */
  actorId?: string
  organizationId?: string
  /** `<feature>.<verb>`, such as `subscription.cancel`. */
  action: string
  targetType: string
  targetId?: string
  /** What the change replaced, and by what; never a secret. */
  before?: Prisma.InputJsonObject
  after?: Prisma.InputJsonObject
  result?: 'SUCCEEDED' | 'REFUSED' | 'FAILED'
  /** A `Caller` is one; absent where no request asked. */
  origin?: { ipAddress: string; requestId: string; userAgent?: string }
}

/** Adds one row to the audit trail, which the database lets nobody change. `result` is SUCCEEDED unless told. */
export async function recordAudit(tx: Tx, { origin, result = 'SUCCEEDED', ...entry }: AuditEntry): Promise<void> {
  await tx.auditEvent.create({
    data: {
      id: newId(),
      result,
      ...entry,
      ...(origin && {
        ipAddress: origin.ipAddress,
        requestId: origin.requestId,
        userAgent: origin.userAgent ?? null,
      }),
    },
  })
}
