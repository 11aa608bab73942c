import { constraintOf, type Database, type Db, type Tx } from '../../../db/database.ts'
import { versionChanged } from '../../../http/etag.ts'
import type { Clock } from '../../../lib/clock.ts'
import { conflict, unprocessable } from '../../../lib/errors.ts'
import { findCategoryBySlug } from '../categories/store.ts'
import { categoryUnknown, serviceAbsent, unlessTaken } from '../refusals.ts'
import { trail, type Actor } from '../trail.ts'
import type { NewService, ServicePatch } from './model.ts'
import { assertSellable, lockAgainstOrders, lockService } from './sellable.ts'
import { nextStatus, type ServiceEvent } from './state.ts'
import * as store from './store.ts'

export type Services = ReturnType<typeof createServices>
export type { ServiceOfOperator } from './store.ts'

/** The services of the catalog, as operators keep them. */
export function createServices({ database, clock }: { database: Database; clock: Clock }) {
  const get = async (db: Db | Tx, id: string): Promise<store.ServiceOfOperator> => {
    const service = await store.findServiceById(db, id)
    if (!service) throw serviceAbsent()
    return service
  }
  const locked = async (tx: Tx, id: string, expectedVersion?: number): Promise<store.ServiceOfOperator> => {
    await lockService(tx, id)
    const service = await get(tx, id)
    if (expectedVersion !== undefined && service.version !== expectedVersion) throw versionChanged()
    return service
  }

  return {
    get: (id: string) => get(database.prisma, id),
    list: (filter: store.ServiceFilter, page: Parameters<typeof store.listAllServices>[2]) =>
      store.listAllServices(database.prisma, filter, page),

    /** A draft, without plans and revisions. */
    async create(tx: Tx, actor: Actor, service: NewService): Promise<store.ServiceOfOperator> {
      const { slug, category, organizationId, ...values } = service
      const categoryId = await idOfCategory(tx, category)
      if (organizationId !== null) await expectOrganization(tx, organizationId)
      const id = await unlessTaken('services_slug_key', slug, () =>
        store.insertService(tx, { slug, organizationId }, { ...values, categoryId }),
      )
      await trail(tx, actor, { action: 'service.create', targetId: id, after: { slug, name: values.name, category } })
      return get(tx, id)
    },

    update: (actor: Actor, id: string, patch: ServicePatch, expectedVersion: number | undefined) =>
      database.transaction(async (tx) => {
        const before = await locked(tx, id, expectedVersion)
        const { category, ...values } = patch
        const moved = category === undefined ? {} : { categoryId: await idOfCategory(tx, category) }
        await store.updateService(tx, id, undefined, { ...values, ...moved })
        const after = await get(tx, id)
        await trail(tx, actor, {
          action: 'service.update',
          targetId: id,
          before: shownOf(before),
          after: shownOf(after),
        })
        return after
      }),

    /** Publishes, retires or withdraws it. Publishing needs a revision and a visible plan that can hold it. */
    async change(
      tx: Tx,
      actor: Actor,
      id: string,
      event: ServiceEvent,
      expectedVersion?: number,
    ): Promise<store.ServiceOfOperator> {
      // Whether somebody has subscribed decides this one alone.
      if (event === 'withdraw') await lockAgainstOrders(tx, id)
      const before = await locked(tx, id, expectedVersion)
      const status = nextStatus(before.status, event, before.everSubscribed)
      if (event === 'publish') expectRevision(before)
      // What comes back from retirement is not new again.
      const publishedAt = before.status === 'DRAFT' ? { publishedAt: clock.systemNow() } : {}
      await store.updateService(tx, id, undefined, { status, ...publishedAt })
      await assertSellable(tx, id)
      await trail(tx, actor, {
        action: `service.${event}`,
        targetId: id,
        before: { status: before.status },
        after: { status },
      })
      return get(tx, id)
    },

    /** Only what nobody ever subscribed to: everything else is retired, because money and history name it. */
    remove: (actor: Actor, id: string, expectedVersion: number | undefined): Promise<void> =>
      database.transaction(async (tx) => {
        const service = await locked(tx, id, expectedVersion)
        if (service.everSubscribed) throw inUse(service)
        await deleteUnsold(tx, service)
        await trail(tx, actor, { action: 'service.delete', targetId: id, before: shownOf(service) })
      }),
  }
}

async function idOfCategory(tx: Tx, slug: string): Promise<string> {
  const category = await findCategoryBySlug(tx, slug)
  if (!category) throw categoryUnknown(slug)
  return category.id
}

async function expectOrganization(tx: Tx, id: string): Promise<void> {
  if (await tx.organization.findUnique({ where: { id }, select: { id: true } })) return
  throw unprocessable('ORGANIZATION_NOT_FOUND', 'There is no such organization.', {
    fields: [{ pointer: '/organizationId', detail: 'is not an organization' }],
  })
}

/** The database itself refuses a published service without a revision: said before, in words. */
function expectRevision({ name, currentRevision }: store.ServiceOfOperator): void {
  if (currentRevision) return
  const reasons = ['it has no revision: there is nothing to run']
  throw conflict('NOT_SELLABLE', `"${name}" cannot be on sale like this: ${reasons.join('; ')}.`, {
    extensions: { reasons },
  })
}

/** An order of this very moment keeps it, too. */
async function deleteUnsold(tx: Tx, service: store.ServiceOfOperator): Promise<void> {
  try {
    await store.deleteService(tx, service.id)
  } catch (error) {
    if (constraintOf(error)?.startsWith('subscriptions_')) throw inUse(service)
    throw error
  }
}

const inUse = ({ name, subscriptions }: store.ServiceOfOperator) =>
  conflict(
    'SERVICE_IN_USE',
    `Somebody has subscribed to "${name}", and their history names it. Retire it instead: it is sold no more, and its subscriptions run on.`,
    { extensions: { subscriptions } },
  )

const shownOf = (service: store.ServiceOfOperator) => {
  const { slug, name, tagline, description, documentationUrl, tags, retentionDays, status } = service
  const category = service.category.slug
  return { slug, name, tagline, description, documentationUrl, tags, retentionDays, status, category }
}
