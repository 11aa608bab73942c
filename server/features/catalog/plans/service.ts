import { constraintOf, type Database, type Db, type Tx } from '../../../db/database.ts'
import { versionChanged } from '../../../http/etag.ts'
import { conflict } from '../../../lib/errors.ts'
import { planAbsent, serviceAbsent, unlessTaken } from '../refusals.ts'
import { assertSellable, lockService } from '../services/sellable.ts'
import { trail, type Actor } from '../trail.ts'
import type { NewPlan, PlanPatch } from './model.ts'
import * as store from './store.ts'

export type Plans = ReturnType<typeof createPlans>

/** What a service is sold as. Terms are never changed: other terms are another version, for whoever orders from then on. */
export function createPlans({ database }: { database: Database }) {
  const get = async (db: Db | Tx, id: string): Promise<store.PlanWithVersion> => {
    const plan = await store.findPlan(db, id)
    if (!plan) throw planAbsent()
    return plan
  }
  /** The plan with its service locked, so that two changes of one service follow each other. */
  const locked = async (tx: Tx, id: string): Promise<store.PlanWithVersion> => {
    const { serviceId } = await get(tx, id)
    await lockService(tx, serviceId)
    return get(tx, id)
  }

  return {
    get: (id: string) => get(database.prisma, id),

    async ofService(serviceId: string): Promise<store.PlanWithVersion[]> {
      await expectService(database.prisma, serviceId)
      return store.plansOfService(database.prisma, serviceId)
    },

    async versions(id: string): Promise<store.VersionWithCount[]> {
      await get(database.prisma, id)
      return store.versionsOf(database.prisma, id)
    },

    async create(tx: Tx, actor: Actor, serviceId: string, plan: NewPlan): Promise<store.PlanWithVersion> {
      await lockService(tx, serviceId)
      await expectService(tx, serviceId)
      const { slug, name, description, position, visible, ...terms } = plan
      const looks = { name, description, position, visible }
      const made = await unlessTaken('plans_service_id_slug_key', slug, () =>
        store.insertPlan(tx, serviceId, slug, looks, termsOf(terms)),
      )
      await assertSellable(tx, serviceId)
      await trail(tx, actor, { action: 'plan.create', targetId: made.id, after: shownOf(made) })
      return made
    },

    update: (actor: Actor, id: string, patch: PlanPatch, expectedVersion: number | undefined) =>
      database.transaction(async (tx) => {
        const before = await locked(tx, id)
        if (expectedVersion !== undefined && before.version !== expectedVersion) throw versionChanged()
        const { looks, terms } = splitPatch(before, patch)
        const after = await store.updatePlan(tx, before, looks, terms)
        await assertSellable(tx, after.serviceId)
        await trail(tx, actor, {
          action: 'plan.update',
          targetId: id,
          before: shownOf(before),
          after: shownOf(after),
        })
        return after
      }),

    remove: (actor: Actor, id: string, expectedVersion: number | undefined): Promise<void> =>
      database.transaction(async (tx) => {
        const plan = await locked(tx, id)
        if (expectedVersion !== undefined && plan.version !== expectedVersion) throw versionChanged()
        const subscriptions = await store.countSubscriptionsOfPlan(tx, id)
        if (subscriptions > 0) throw inUse(plan, subscriptions)
        await deleteUnsold(tx, plan)
        await assertSellable(tx, plan.serviceId)
        await trail(tx, actor, { action: 'plan.delete', targetId: id, before: shownOf(plan) })
      }),
  }
}

async function expectService(db: Db | Tx, id: string): Promise<void> {
  if (!(await db.service.findUnique({ where: { id }, select: { id: true } }))) throw serviceAbsent()
}

/** An order of this very moment keeps it, too. */
async function deleteUnsold(tx: Tx, plan: store.PlanWithVersion): Promise<void> {
  try {
    await store.deletePlans(tx, { id: plan.id })
  } catch (error) {
    if (constraintOf(error) === 'subscriptions_plan_version_id_fkey') throw inUse(plan, 1)
    throw error
  }
}

const inUse = ({ name }: store.PlanWithVersion, subscriptions: number) =>
  conflict(
    'PLAN_IN_USE',
    `Somebody has subscribed to "${name}", and their history names it. Hide it instead: PATCH it with {"visible": false}.`,
    { extensions: { subscriptions } },
  )

type Terms = Omit<NewPlan, 'slug' | 'name' | 'description' | 'position' | 'visible'>

const termsOf = ({ price, ...terms }: Terms): store.PlanTerms => ({
  ...terms,
  priceMinorUnits: price.amount,
  currency: price.currency,
})

/** What changes how a plan looks, and the whole new terms where any of them differs. */
function splitPatch(before: store.PlanWithVersion, patch: PlanPatch) {
  const { name, description, position, visible, ...changed } = patch
  const looks = Object.fromEntries(
    Object.entries({ name, description, position, visible }).filter(([, value]) => value !== undefined),
  ) as Partial<store.PlanLooks>
  const { id: _id, planId: _planId, number: _number, createdAt: _createdAt, ...current } = before.currentVersion
  const { priceMinorUnits, currency, ...rest } = current
  const terms = termsOf({ price: { amount: priceMinorUnits, currency }, ...rest, ...changed })
  const differs = Object.entries(terms).some(([key, value]) => current[key as keyof store.PlanTerms] !== value)
  return { looks, terms: differs ? terms : undefined }
}

const shownOf = ({ slug, name, visible, position, currentVersion }: store.PlanWithVersion) => ({
  slug,
  name,
  visible,
  position,
  version: currentVersion.number,
  price: { amount: Number(currentVersion.priceMinorUnits), currency: currentVersion.currency },
  interval: currentVersion.interval,
  trialDays: currentVersion.trialDays,
  cpuMillicores: currentVersion.cpuMillicores,
  memoryBytes: Number(currentVersion.memoryBytes),
  storageBytes: Number(currentVersion.storageBytes),
  replicas: currentVersion.replicas,
  maxPerOrganization: currentVersion.maxPerOrganization,
})
