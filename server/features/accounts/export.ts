import type { Database } from '../../db/database.ts'
import type { Caller } from '../../http/route.ts'
import type { Clock } from '../../lib/clock.ts'
import { encodeId, type IdKind } from '../../lib/ids.ts'
import { profileOf } from './model.ts'
import * as store from './export-store.ts'

/**
 * Everything that is kept of a person and of what they own, as one JSON document, for them to take along. Without what
 * would open something: of passwords, tokens and second factors it says that they exist.
 */
export type DataExport = ReturnType<typeof createDataExport>

const pageSize = 500

export function createDataExport({ database, clock }: { database: Pick<Database, 'prisma'>; clock: Clock }) {
  const db = database.prisma

  /** The document in pieces: one page of rows is in memory at a time. */
  return async function* (caller: Caller): AsyncGenerator<string> {
    const { userId, organizationIds } = caller
    const { profile, organizations, twoFactor } = await store.findPerson(db, userId)
    yield `{"exportedAt":${JSON.stringify(clock.systemNow())}`
    yield member('profile', named('user', profileOf(profile)))
    yield member('twoFactor', twoFactor)
    yield member(
      'organizations',
      organizations.map(({ role, organization }) => ({ ...named('organization', organization), role })),
    )
    yield* list('sessions', 'session', (page) => store.findSessions(db, userId, page))
    yield* list('accessTokens', 'accessToken', (page) => store.findAccessTokens(db, userId, page))
    yield* list('mails', 'notification', (page) => store.findMails(db, userId, page))
    yield* list('subscriptions', 'subscription', (page) => store.findSubscriptions(db, organizationIds, page))
    yield* list('operations', 'operation', (page) => store.findOperations(db, organizationIds, page))
    yield* list('auditTrail', 'audit', (page) => store.findAuditTrail(db, userId, page))
    yield '}\n'
  }
}

const member = (name: string, value: unknown): string =>
  `,${JSON.stringify(name)}:${JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? Number(each) : each))}`

/** With the ids that the API shows. */
const named = <Row extends { id: string; subscriptionId?: string | null }>(kind: IdKind, row: Row) => ({
  ...row,
  id: encodeId(kind, row.id),
  ...(row.subscriptionId && { subscriptionId: encodeId('subscription', row.subscriptionId) }),
})

type ReadPage = (page: store.Page) => Promise<readonly { id: string }[]>

/** A member whose value is read page by page, in the order of ids, which is that of time. */
async function* list(name: string, kind: IdKind, read: ReadPage): AsyncGenerator<string> {
  yield `,${JSON.stringify(name)}:[`
  let after: string | undefined
  let separator = ''
  for (;;) {
    const rows = await read({ after, size: pageSize })
    if (rows.length > 0) yield separator + rows.map((row) => JSON.stringify(named(kind, row))).join(',')
    if (rows.length < pageSize) break
    separator = ','
    after = rows.at(-1)?.id
  }
  yield ']'
}
