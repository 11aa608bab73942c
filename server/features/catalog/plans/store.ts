import type { Db, Prisma, Tx } from '../../../db/database.ts'
import type { Plan, PlanVersion } from '../../../db/generated/client.ts'
import { newId } from '../../../lib/ids.ts'

/** A plan always has a version: both are written in one transaction. */
export type PlanWithVersion = Plan & { currentVersion: PlanVersion }
export type PlanLooks = Pick<Plan, 'name' | 'description' | 'position' | 'visible'>
export type PlanTerms = Omit<PlanVersion, 'id' | 'planId' | 'number' | 'createdAt'>

const withVersion = { currentVersion: true } satisfies Prisma.PlanInclude

const complete = (plan: (Plan & { currentVersion: PlanVersion | null }) | null): PlanWithVersion | null => {
  if (!plan) return null
  const { currentVersion } = plan
  if (!currentVersion) throw new Error(`the plan ${plan.id} has no version`)
  return { ...plan, currentVersion }
}

export async function findPlan(db: Db | Tx, id: string): Promise<PlanWithVersion | null> {
  return complete(await db.plan.findUnique({ where: { id }, include: withVersion }))
}

export async function plansOfService(db: Db | Tx, serviceId: string): Promise<PlanWithVersion[]> {
  const plans = await db.plan.findMany({
    where: { serviceId, currentVersionId: { not: null } },
    include: withVersion,
    orderBy: [{ position: 'asc' }, { name: 'asc' }, { id: 'asc' }],
  })
  return plans.flatMap((plan) => complete(plan) ?? [])
}

export async function insertPlan(
  tx: Tx,
  serviceId: string,
  slug: string,
  looks: PlanLooks,
  terms: PlanTerms,
): Promise<PlanWithVersion> {
  const id = newId()
  await tx.plan.create({ data: { id, serviceId, slug, ...looks } })
  return writeVersion(tx, id, 1, terms, {})
}

async function writeVersion(
  tx: Tx,
  planId: string,
  number: number,
  terms: PlanTerms,
  data: Prisma.PlanUncheckedUpdateInput,
): Promise<PlanWithVersion> {
  const currentVersion = await tx.planVersion.create({ data: { id: newId(), planId, number, ...terms } })
  const plan = await tx.plan.update({ where: { id: planId }, data: { ...data, currentVersionId: currentVersion.id } })
  return { ...plan, currentVersion }
}

/** With `terms`, a further version becomes the current one; those before it stay for who has them. */
export async function updatePlan(
  tx: Tx,
  before: PlanWithVersion,
  looks: Partial<PlanLooks>,
  terms: PlanTerms | undefined,
): Promise<PlanWithVersion> {
  const data = { ...looks, version: { increment: 1 } }
  if (!terms) return { ...before, ...(await tx.plan.update({ where: { id: before.id }, data })) }
  const newest = await tx.planVersion.aggregate({ where: { planId: before.id }, _max: { number: true } })
  return writeVersion(tx, before.id, (newest._max.number ?? 0) + 1, terms, data)
}

/** With everything that was never sold of it. Throws where a subscription refers to one of its versions. */
export async function deletePlans(tx: Tx, where: Prisma.PlanWhereInput): Promise<void> {
  const plans = await tx.plan.findMany({ where, select: { id: true } })
  const ids = plans.map(({ id }) => id)
  await tx.plan.updateMany({ where: { id: { in: ids } }, data: { currentVersionId: null } })
  await tx.planVersion.deleteMany({ where: { planId: { in: ids } } })
  await tx.plan.deleteMany({ where: { id: { in: ids } } })
}

export type VersionWithCount = PlanVersion & { currentOf: { id: string } | null; _count: { subscriptions: number } }

export const versionsOf = (db: Db, planId: string): Promise<VersionWithCount[]> =>
  db.planVersion.findMany({
    where: { planId },
    include: {
      currentOf: { select: { id: true } },
      _count: { select: { subscriptions: { where: { entitlement: { not: 'TERMINATED' } } } } },
    },
    orderBy: { number: 'desc' },
  })

export const countSubscriptionsOfPlan = (db: Db | Tx, planId: string): Promise<number> =>
  db.subscription.count({ where: { planVersion: { planId } } })
