import { isDeepStrictEqual } from 'node:util'
import type { Database, Db, Tx } from '../../../db/database.ts'
import { readWorkloadSpec, type WorkloadSpec } from '../../../workload/spec.ts'
import { revisionAbsent, serviceAbsent, templateUnchanged } from '../refusals.ts'
import { assertSellable, lockService } from '../services/sellable.ts'
import { updateService } from '../services/store.ts'
import { acceptTemplate, fingerprintOf, type AcceptedTemplate } from '../templates/read.ts'
import { trail, type Actor } from '../trail.ts'
import { compareSpecs, type Difference } from './compare.ts'
import { patchOf } from './patch.ts'
import * as store from './store.ts'

export type Revisions = ReturnType<typeof createRevisions>
export type NewRevision = { template: string; note: string; current: boolean }
export type CreatedRevision = { revision: store.RevisionWithParts; warnings: AcceptedTemplate['warnings'] }

/**
 * The templates of a service, which never change: another template is another revision. Orders get the current one;
 * what runs stays on its own until an upgrade is asked for.
 */
export function createRevisions({ database }: { database: Database }) {
  const get = async (db: Db | Tx, serviceId: string, number: number): Promise<store.RevisionWithParts> => {
    const revision = await store.findRevisionByNumber(db, serviceId, number)
    if (!revision) throw revisionAbsent(number)
    return revision
  }

  const makeCurrent = async (tx: Tx, serviceId: string, revisionId: string): Promise<void> => {
    await updateService(tx, serviceId, undefined, { currentRevisionId: revisionId })
    await assertSellable(tx, serviceId)
  }

  return {
    get: (serviceId: string, number: number) => get(database.prisma, serviceId, number),
    specOf: ({ spec }: store.RevisionWithParts): WorkloadSpec => readWorkloadSpec(spec),

    async list(serviceId: string, page: Parameters<typeof store.listRevisions>[2]) {
      await expectService(database.prisma, serviceId)
      return store.listRevisions(database.prisma, serviceId, page)
    },

    /**
     * Throws `unprocessable` TEMPLATE_REFUSED, `conflict` TEMPLATE_UNCHANGED. The first revision of a service is its
     * current one at once.
     */
    async create(
      tx: Tx,
      actor: Actor,
      serviceId: string,
      { template, note, current }: NewRevision,
    ): Promise<CreatedRevision> {
      const { spec, warnings } = await acceptTemplate(template)
      await lockService(tx, serviceId)
      await expectService(tx, serviceId)
      const newest = await store.newestRevision(tx, serviceId)
      if (newest && isSame(newest, template, spec)) throw templateUnchanged(newest.number)
      const number = (newest?.number ?? 0) + 1
      const made = await store.insertRevision(tx, {
        ...{ serviceId, number, note, spec, source: template },
        sourceSha256: fingerprintOf(template),
        createdById: actor?.userId ?? null,
      })
      if (current || !newest) await makeCurrent(tx, serviceId, made.id)
      // Its operator has made it theirs: a later start of Berth adds no revision of its own any more.
      else await updateService(tx, serviceId, undefined, {})
      await trail(tx, actor, {
        action: 'revision.create',
        targetId: made.id,
        after: { serviceId, number, note, current: current || !newest },
      })
      return { revision: await get(tx, serviceId, number), warnings }
    },

    /** Orders get this one from now on. */
    async select(tx: Tx, actor: Actor, serviceId: string, number: number): Promise<store.RevisionWithParts> {
      await lockService(tx, serviceId)
      const revision = await get(tx, serviceId, number)
      if (revision.currentOf) return revision
      await makeCurrent(tx, serviceId, revision.id)
      await trail(tx, actor, { action: 'revision.select', targetId: revision.id, after: { serviceId, number } })
      return get(tx, serviceId, number)
    },

    /** Between two revisions, as a text for people who know the template and as a list for everybody else. */
    async difference(
      serviceId: string,
      to: number,
      from: number = to - 1,
    ): Promise<{ from: number; to: number; differences: Difference[]; patch: string | null }> {
      const [before, after] = await Promise.all([from, to].map((number) => get(database.prisma, serviceId, number)))
      if (!before || !after) throw revisionAbsent(to)
      const differences = compareSpecs(readWorkloadSpec(before.spec), readWorkloadSpec(after.spec))
      return { from, to, differences, patch: await patchOf(before, after) }
    },
  }
}

/** The same text may say more than it did: a later Berth reads what an earlier one warned of. */
const isSame = (
  newest: NonNullable<Awaited<ReturnType<typeof store.newestRevision>>>,
  template: string,
  spec: WorkloadSpec,
): boolean =>
  newest.sourceSha256 === fingerprintOf(template) &&
  isDeepStrictEqual(readWorkloadSpec(newest.spec), readWorkloadSpec(spec))

async function expectService(db: Db | Tx, id: string): Promise<void> {
  if (!(await db.service.findUnique({ where: { id }, select: { id: true } }))) throw serviceAbsent()
}
