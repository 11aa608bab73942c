import type { Database, Tx } from '../../db/database.ts'
import type { Session, User } from '../../db/generated/client.ts'
import { versionChanged } from '../../http/etag.ts'
import type { Caller } from '../../http/route.ts'
import type { Logger } from '../../lib/log.ts'
import { normalizeEmail, type Accounts } from '../accounts/service.ts'
import { recordAudit } from '../audit/service.ts'
import { assertComplete, runBulk, type BulkRequest } from './bulk.ts'
import { createUserChanges, type ChangeDependencies } from './changes.ts'
import { updateUser, type EditDependencies, type UserEdit } from './edit.ts'
import type { ListedUser, UserFilter, UserPage } from './find-users.ts'
import { emailTaken, noSuchUser, userDeleted } from './refusals.ts'
import { readStatistics, type StatisticsRange } from './statistics.ts'
import * as store from './store.ts'

/** What administrators see of users, and do to them. */

type Dependencies = ChangeDependencies &
  EditDependencies & {
    database: Database
    accounts: Pick<Accounts, 'createUser'>
    log: Logger
  }
export type Users = ReturnType<typeof createUsers>
export type NewUser = {
  email: string
  name: string
  role: User['role']
  company?: string
  locale?: string
  timeZone?: string
}
export type UserDetails = User & store.UserParts & { invitationPending: boolean }

export function createUsers(dependencies: Dependencies) {
  const { database, accounts, clock } = dependencies
  const changes = createUserChanges(dependencies)

  const detailsOf = async (db: Tx, user: User): Promise<UserDetails> => ({
    ...user,
    ...(await store.findParts(db, user.id, clock.systemNow())),
    invitationPending: user.passwordHash === null && user.deletedAt === null,
  })

  const get = async (db: Tx, id: string): Promise<UserDetails> => {
    const user = await store.findUser(db, id)
    if (!user) throw noSuchUser()
    return detailsOf(db, user)
  }

  /** One change in a transaction of its own, answered with the user as they are now. */
  const changed =
    <Rest extends unknown[]>(change: (tx: Tx, caller: Caller, id: string, ...rest: Rest) => Promise<unknown>) =>
    (caller: Caller, id: string, ...rest: Rest): Promise<UserDetails> =>
      database.transaction(async (tx) => {
        await change(tx, caller, id, ...rest)
        return get(tx, id)
      })

  return {
    list: (filter: UserFilter, page: UserPage): Promise<ListedUser[]> => store.listUsers(database, filter, page),

    /** Throws `notFound`. Deleted ones are found: their id stands in the audit trail. */
    get: (id: string): Promise<UserDetails> => get(database.prisma, id),

    /** A user without a password, and the mail that lets them choose one. Throws `conflict` for a taken address. */
    async create(tx: Tx, caller: Caller, { email, ...given }: NewUser): Promise<UserDetails> {
      const created = await accounts.createUser(tx, { ...given, email, passwordHash: null })
      if (!created) throw emailTaken()
      const { id, role, name, company } = created.user
      await recordAudit(tx, {
        actorId: caller.userId,
        organizationId: created.organization.id,
        action: 'user.create',
        targetType: 'user',
        targetId: id,
        after: { role },
        personal: { userId: id, after: { email: normalizeEmail(email), name, company } },
        origin: caller,
      })
      return detailsOf(tx, await changes.invite(tx, caller, id))
    },

    /** Merges the change. Throws `preconditionFailed` where the user is no longer in the expected version. */
    update: (caller: Caller, id: string, edit: UserEdit, expectedVersion: number | undefined): Promise<UserDetails> =>
      database.transaction(async (tx) => {
        const before = await store.lockUser(tx, id)
        if (!before) throw noSuchUser()
        if (before.deletedAt) throw userDeleted()
        if (expectedVersion !== undefined && before.version !== expectedVersion) throw versionChanged()
        await updateUser(dependencies, tx, caller, before, edit)
        return get(tx, id)
      }),

    activate: changed(changes.activate),
    deactivate: changed(changes.deactivate),
    changeRole: changed(changes.changeRole),
    signOut: changed(changes.signOut),
    invite: (tx: Tx, caller: Caller, id: string): Promise<UserDetails> =>
      changes.invite(tx, caller, id).then((user) => detailsOf(tx, user)),

    /** Throws `conflict` while they own living subscriptions. */
    remove: (caller: Caller, id: string, expectedVersion: number | undefined): Promise<void> =>
      database.transaction(async (tx) => {
        const user = await store.lockUser(tx, id)
        if (user && expectedVersion !== undefined && user.version !== expectedVersion) throw versionChanged()
        await changes.remove(tx, caller, id)
      }),

    /** Throws `notFound` for an unknown user. */
    async sessions(
      id: string,
      page: { limit: number; after: { createdAt: Date; id: string } | undefined },
    ): Promise<Session[]> {
      if (!(await store.findUser(database.prisma, id))) throw noSuchUser()
      return store.listOpenSessions(database.prisma, id, { ...page, now: clock.systemNow() })
    },

    bulk(caller: Caller, request: BulkRequest) {
      assertComplete(request)
      const { role } = request
      return runBulk(dependencies, caller, request, {
        activate: (tx, id) => changes.activate(tx, caller, id),
        deactivate: (tx, id) => changes.deactivate(tx, caller, id),
        delete: (tx, id) => changes.remove(tx, caller, id),
        export: (tx, id) => changes.noteExport(tx, caller, id),
        role: async (tx, id) => role && changes.changeRole(tx, caller, id, role),
        'sign-out': (tx, id) => changes.signOut(tx, caller, id),
      })
    },

    statistics: (range: StatisticsRange) => readStatistics(database, range, clock.systemNow()),
    today: () => clock.systemNow(),
  }
}
