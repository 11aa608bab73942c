import type { Database, Tx } from '../../db/database.ts'
import type { User } from '../../db/generated/client.ts'
import type { Caller } from '../../http/route.ts'
import { recordAudit, type AuditEntry } from '../audit/service.ts'
import { createAccountLinks } from '../auth/service.ts'
import { anonymise } from './deletion.ts'
import { sendInvitation, type InvitationDependencies } from './invitations.ts'
import { invitationAccepted, lastAdministrator, noSuchUser, userDeactivated, userDeleted } from './refusals.ts'
import * as store from './store.ts'

/**
 * What administrators do to a user, one function each, in the caller's transaction. Each locks the row first, and gives
 * the changed user, or undefined where they were so already: then nothing was written.
 */

export type ChangeDependencies = InvitationDependencies & { database: Pick<Database, 'prisma'> }
type Changed = Promise<User | undefined>

export function createUserChanges(dependencies: ChangeDependencies) {
  const { notifications, clock, config } = dependencies

  const locked = async (tx: Tx, id: string): Promise<User> => {
    const user = await store.lockUser(tx, id)
    if (!user) throw noSuchUser()
    if (user.deletedAt) throw userDeleted()
    return user
  }

  const record = (tx: Tx, caller: Caller, id: string, entry: Pick<AuditEntry, 'action' | 'before' | 'after'>) =>
    recordAudit(tx, { actorId: caller.userId, targetType: 'user', targetId: id, origin: caller, ...entry })

  const activate = async (tx: Tx, caller: Caller, id: string): Changed => {
    const before = await locked(tx, id)
    if (before.status === 'ACTIVE') return undefined
    const change = { status: 'ACTIVE' as const, deactivatedAt: null, deactivatedBy: null }
    const after = await store.updateUser(tx, id, change, clock.systemNow())
    await record(tx, caller, id, {
      action: 'user.activate',
      before: { status: before.status, deactivatedBy: before.deactivatedBy },
      after: { status: after.status },
    })
    await notifications.send(
      tx,
      { userId: id, email: after.email },
      { kind: 'reactivated', data: { link: createAccountLinks(config.publicUrl).login } },
    )
    return after
  }

  /** Sessions and tokens stop at once, and do not come back with the account. */
  const deactivate = async (tx: Tx, caller: Caller, id: string): Changed => {
    const before = await locked(tx, id)
    if (before.status === 'DEACTIVATED') return undefined
    const now = clock.systemNow()
    const change = { status: 'DEACTIVATED', deactivatedAt: now, deactivatedBy: 'ADMINISTRATOR' } as const
    const after = await keepingOne(store.updateUser(tx, id, change, now))
    await store.revokeAccess(tx, id, 'DEACTIVATED', now)
    await record(tx, caller, id, {
      action: 'user.deactivate',
      before: { status: before.status },
      after: { status: after.status },
    })
    await notifications.send(
      tx,
      { userId: id, email: after.email },
      { kind: 'deactivated', data: { by: 'ADMINISTRATOR', at: now.toISOString() } },
    )
    return after
  }

  const changeRole = async (tx: Tx, caller: Caller, id: string, role: User['role']): Changed => {
    const before = await locked(tx, id)
    if (before.role === role) return undefined
    const after = await keepingOne(store.updateUser(tx, id, { role }, clock.systemNow()))
    await record(tx, caller, id, { action: 'user.role', before: { role: before.role }, after: { role } })
    return after
  }

  const remove = async (tx: Tx, caller: Caller, id: string): Promise<User> => {
    const before = await locked(tx, id)
    const after = await keepingOne(anonymise(tx, before, clock.systemNow()))
    await record(tx, caller, id, {
      action: 'user.delete',
      before: { role: before.role, status: before.status },
      after: { deleted: true },
    })
    return after
  }

  /** Ends every session. Access tokens of machines stay: they are ended one by one, or by deactivating. */
  const signOut = async (tx: Tx, caller: Caller, id: string): Changed => {
    const user = await locked(tx, id)
    const sessions = await store.revokeSessions(tx, id, 'ENDED_BY_ADMINISTRATOR', clock.systemNow())
    if (sessions === 0) return undefined
    await record(tx, caller, id, { action: 'user.sign-out', after: { sessions } })
    return user
  }

  const invite = async (tx: Tx, caller: Caller, id: string): Promise<User> => {
    const user = await locked(tx, id)
    if (user.passwordHash !== null) throw invitationAccepted()
    if (user.status !== 'ACTIVE') throw userDeactivated()
    const after = await store.updateUser(tx, id, { invitedAt: clock.systemNow() }, clock.systemNow())
    const inviter = await store.findUser(tx, caller.userId)
    await sendInvitation(dependencies, tx, after, inviter?.name ?? 'An administrator')
    await record(tx, caller, id, { action: 'user.invite' })
    return after
  }

  /** Who took data of people out of Berth is in the trail. */
  const noteExport = async (tx: Tx, caller: Caller, id: string): Promise<User> => {
    const user = await store.findUser(tx, id)
    if (!user) throw noSuchUser()
    await record(tx, caller, id, { action: 'user.export' })
    return user
  }

  return { activate, deactivate, changeRole, remove, signOut, invite, noteExport }
}

/** The rule is the database's own: two who each take the other's role away at the same time meet there. */
async function keepingOne<T>(change: Promise<T>): Promise<T> {
  try {
    return await change
  } catch (error) {
    throw store.breaksLastAdministrator(error) ? lastAdministrator() : error
  }
}
