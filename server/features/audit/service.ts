import type { Database } from '../../db/database.ts'
import type { Caller } from '../../http/route.ts'
import { notFound, unprocessable } from '../../lib/errors.ts'
import { recordAudit } from '../../db/audit-trail.ts'
import type { AuditFilter, AuditPage, FoundEvent } from './find-events.ts'
import * as store from './store.ts'

export { auditStatement, recordAudit, type AuditEntry } from '../../db/audit-trail.ts'

/** The audit trail, for who may read it. Nobody writes it here: a change does, in its own transaction. */

export type AuditSearch = Omit<AuditFilter, 'actions'> & { action?: string | undefined; q?: string | undefined }
export type AuditTrail = ReturnType<typeof createAuditTrail>

/** What one file holds. More is exported span by span. */
const mostExported = 100_000
const exportedAtOnce = 1_000

export function createAuditTrail({ database }: { database: Pick<Database, 'query' | 'search' | 'transaction'> }) {
  const filterOf = async ({ action, q, ...filter }: AuditSearch): Promise<AuditFilter> => {
    if (action === undefined && q === undefined) return filter
    const known = await store.knownActions(database)
    const actions = known.filter((one) => one.startsWith(action ?? '') && one.includes(q?.toLowerCase() ?? ''))
    return { ...filter, actions }
  }

  const follow = async function* (filter: AuditFilter): AsyncGenerator<readonly FoundEvent[]> {
    let after: AuditPage['after']
    do {
      const rows = await store.searchEvents(database, filter, { limit: exportedAtOnce, after })
      const batch = rows.slice(0, exportedAtOnce)
      yield batch
      after = rows.length > exportedAtOnce ? batch.at(-1) : undefined
    } while (after)
  }

  return {
    search: async (search: AuditSearch, page: AuditPage): Promise<FoundEvent[]> =>
      store.searchEvents(database, await filterOf(search), page),

    /** Throws `notFound`. */
    async get(id: string): Promise<FoundEvent> {
      const event = await store.findEvent(database, id)
      if (!event) throw notFound('AUDIT_ENTRY_NOT_FOUND', 'There is no such entry in the audit trail.')
      return event
    },

    /** What the caller did, and what was done to them and to their organizations. */
    own: async (caller: Caller, search: Pick<AuditSearch, 'action' | 'from' | 'to'>, page: AuditPage) =>
      store.listOwnEvents(database, caller, await filterOf(search), page),

    /**
     * All that fits, newest first, some at a time, as fast as they are taken. That it was exported is in the trail.
     * Throws `unprocessable` before anything is given where it is more than one file holds.
     */
    async export(caller: Caller, search: AuditSearch): Promise<AsyncGenerator<readonly FoundEvent[]>> {
      // What is written from here on, this very export first, is not in it.
      const filter = { ...(await filterOf(search)), to: search.to ?? new Date() }
      const size = await store.countEvents(database, filter, mostExported + 1)
      if (size > mostExported) throw tooMuch()
      await database.transaction((tx) =>
        recordAudit(tx, {
          actorId: caller.userId,
          action: 'audit.export',
          targetType: 'audit',
          after: { entries: size, filter: JSON.parse(JSON.stringify(search)) as object },
          origin: caller,
        }),
      )
      return follow(filter)
    },
  }
}

const tooMuch = () =>
  unprocessable(
    'EXPORT_TOO_LARGE',
    `These are more than ${mostExported} entries: export them span by span, with from and to.`,
  )
