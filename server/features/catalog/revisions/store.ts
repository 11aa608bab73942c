import type { Db, Tx } from '../../../db/database.ts'
import type { ServiceRevision } from '../../../db/generated/client.ts'
import { newId } from '../../../lib/ids.ts'
import type { WorkloadSpec } from '../../../workload/spec.ts'

const parts = {
  currentOf: { select: { id: true } },
  _count: { select: { subscriptions: { where: { entitlement: { not: 'TERMINATED' as const } } } } },
}
export type RevisionWithParts = ServiceRevision & {
  currentOf: { id: string } | null
  _count: { subscriptions: number }
}

export const findRevisionByNumber = (
  db: Db | Tx,
  serviceId: string,
  number: number,
): Promise<RevisionWithParts | null> =>
  db.serviceRevision.findUnique({ where: { serviceId_number: { serviceId, number } }, include: parts })

/** Newest first, below the cursor; without their texts, which may be long. */
export const listRevisions = (
  db: Db,
  serviceId: string,
  { limit, below }: { limit: number; below: number | undefined },
): Promise<Omit<RevisionWithParts, 'spec' | 'source'>[]> =>
  db.serviceRevision.findMany({
    where: { serviceId, ...(below !== undefined && { number: { lt: below } }) },
    omit: { spec: true, source: true },
    include: parts,
    orderBy: { number: 'desc' },
    take: limit + 1,
  })

export const newestRevision = (db: Db | Tx, serviceId: string) =>
  db.serviceRevision.findFirst({
    where: { serviceId },
    orderBy: { number: 'desc' },
    select: { number: true, sourceSha256: true, spec: true },
  })

type NewRevision = {
  serviceId: string
  number: number
  source: string
  sourceSha256: string
  spec: WorkloadSpec
  note: string
  createdById: string | null
}
export const insertRevision = (tx: Tx, { spec, ...revision }: NewRevision): Promise<ServiceRevision> =>
  tx.serviceRevision.create({ data: { id: newId(), ...revision, spec: { ...spec } } })
