import type { Prisma } from './generated/client.ts'
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
export async function recordAudit(
  tx: Tx,
  { origin, personal, result = 'SUCCEEDED', ...entry }: AuditEntry,
): Promise<void> {
  const id = newId()
  await tx.auditEvent.create({
    data: {
      id,
      result,
      ...entry,
      ...(origin && {
        ipAddress: origin.ipAddress,
        requestId: origin.requestId,
        userAgent: origin.userAgent ?? null,
      }),
    },
  })
  if (personal) await tx.auditPersonalValues.create({ data: { auditEventId: id, ...personal } })
}
