import type { Database, Tx } from '../../db/database.ts'
import type { Organization } from '../../db/generated/client.ts'
import { versionChanged } from '../../http/etag.ts'
import type { Caller } from '../../http/route.ts'
import type { Clock } from '../../lib/clock.ts'
import { conflict, forbidden, notFound } from '../../lib/errors.ts'
import { recordAudit } from '../audit/service.ts'
import { describeExceeded, exceededBy, type Amounts, type Limits } from './limits.ts'
import { limitsOf } from './model.ts'
import * as store from './store.ts'

/** Who owns what is bought: billing details, and how much it may have. */

type Dependencies = { database: Pick<Database, 'prisma' | 'transaction'>; clock: Clock }
export type Organizations = ReturnType<typeof createOrganizations>
export type BillingChange = Pick<
  store.OrganizationChange,
  'name' | 'billingName' | 'billingAddress' | 'country' | 'vatId'
>

export function createOrganizations({ database, clock }: Dependencies) {
  /** One of the caller's, or anybody's for an administrator. */
  const find = async (db: Parameters<typeof store.findOrganization>[0], caller: Caller, id: string) =>
    (await store.findOrganization(db, caller, id)) ?? absent()

  /** The same, locked: what the trail says was there before is what a change replaced, also of two at once. */
  const findLocked = async (tx: Tx, caller: Caller, id: string): Promise<store.OrganizationWithRole> => {
    const { role } = await find(tx, caller, id)
    return { ...(await store.lockOrganization(tx, id)), role }
  }

  const update = async (
    tx: Tx,
    id: string,
    change: store.OrganizationChange,
    expectedVersion: number | undefined,
  ): Promise<Organization> => {
    const after = await store.updateOrganization(tx, { id, expectedVersion, now: clock.systemNow() }, change)
    if (!after) throw versionChanged()
    return after
  }

  return {
    list: (caller: Caller, filter: store.OrganizationFilter, page: Parameters<typeof store.listOrganizations>[3]) =>
      store.listOrganizations(database.prisma, caller, filter, page),

    get: (caller: Caller, id: string): Promise<store.OrganizationWithRole> => find(database.prisma, caller, id),

    /**
     * Merges the change. Throws `forbidden` for who is neither owner nor administrator, `preconditionFailed` where it is
     * no longer in the expected version.
     */
    update: (caller: Caller, id: string, change: BillingChange, expectedVersion: number | undefined) =>
      database.transaction(async (tx) => {
        const before = await findLocked(tx, caller, id)
        if (before.role !== 'OWNER' && caller.role !== 'ADMINISTRATOR') throw ownersOnly()
        const after = await update(tx, id, change, expectedVersion)
        const owner = await store.findOwner(tx, id)
        await recordAudit(tx, {
          ...auditOf(caller, id),
          action: 'organization.update',
          before: { country: before.country },
          after: { country: after.country },
          ...(owner !== undefined && {
            personal: { userId: owner, before: personalOf(before), after: personalOf(after) },
          }),
        })
        return { ...after, role: before.role }
      }),

    /** For administrators, and at once: what is held already stays, and further orders keep to it. */
    setLimits: (caller: Caller, id: string, change: Partial<Limits>, expectedVersion: number | undefined) =>
      database.transaction(async (tx) => {
        const before = await findLocked(tx, caller, id)
        const after = await update(tx, id, change, expectedVersion)
        const entry = { ...auditOf(caller, id), action: 'organization.set-limits' }
        await recordAudit(tx, { ...entry, before: plainLimits(before), after: plainLimits(after) })
        return { ...after, role: before.role }
      }),

    /** What it may have and what it has. */
    async use(caller: Caller, id: string): Promise<{ limits: Limits; used: Amounts }> {
      const row = await find(database.prisma, caller, id)
      return { limits: limitsOf(row), used: await store.sumHeld(database.prisma, id) }
    },

    /**
     * Throws `conflict` where an order would take more than its organization may have. To be called in the order's own
     * transaction, before its reservation is written: until that ends, no other order of it is judged.
     */
    async assertWithinLimits(tx: Tx, organizationId: string, asked: Omit<Amounts, 'subscriptions'>): Promise<void> {
      const row = await store.lockOrganization(tx, organizationId)
      const used = await store.sumHeld(tx, organizationId)
      const exceeded = exceededBy(limitsOf(row), used, { ...asked, subscriptions: 1 })
      if (exceeded.length === 0) return
      throw conflict(
        'ORGANIZATION_LIMIT',
        `Your organization may not have this much: ${describeExceeded(exceeded)}. Purge what is no longer needed, or ask the administrator.`,
        { extensions: { exceeded } },
      )
    },
  }
}

const auditOf = (caller: Caller, id: string) => ({
  actorId: caller.userId,
  organizationId: id,
  targetType: 'organization',
  targetId: id,
  origin: caller,
})

const personalOf = ({ name, billingName, billingAddress, vatId }: Organization) => ({
  name,
  billingName,
  billingAddress,
  vatId,
})

/** As JSON holds them. */
const plainLimits = ({ maxSubscriptions, maxCpuMillicores, maxMemoryBytes, maxStorageBytes }: Organization) => ({
  maxSubscriptions,
  maxCpuMillicores,
  maxMemoryBytes: maxMemoryBytes === null ? null : Number(maxMemoryBytes),
  maxStorageBytes: maxStorageBytes === null ? null : Number(maxStorageBytes),
})

const ownersOnly = () => forbidden('OWNERS_ONLY', 'Only an owner of the organization may change it.')

const absent = (): never => {
  throw notFound('ORGANIZATION_NOT_FOUND', 'There is no such organization, or you are no member of it.')
}
