import type { Plan, PlanVersion, ServiceRevision } from '../../db/generated/client.ts'
import type { Database, Tx } from '../../db/database.ts'
import { conflict, unprocessable } from '../../lib/errors.ts'
import { nearest } from '../../lib/nearest.ts'
import { readWorkloadSpec, type WorkloadSpec } from '../../workload/spec.ts'
import { findRevision, findService, publishedSlugs, type ServiceWithParts, type Viewer } from './public/store.ts'

export type CatalogService = ReturnType<typeof createCatalogService>
export type Orderable = {
  service: ServiceWithParts
  plan: Plan
  planVersion: PlanVersion
  revision: ServiceRevision
  spec: WorkloadSpec
}

export type OfferedRevision = { id: string; number: number; current: boolean; spec: WorkloadSpec }

type Buyer = Viewer & { organizationId: string }

/** Revisions are immutable: what was read once is true for ever. Bounded, because there may be many. */
const keptSpecs = 500

export function createCatalogService({ database }: { database: Database }) {
  const specs = new Map<string, WorkloadSpec>()

  const specOf = async (revisionId: string): Promise<WorkloadSpec> => {
    const known = specs.get(revisionId)
    if (known) return known
    const revision = await findRevision(database.prisma, revisionId)
    if (!revision) throw new Error(`the revision ${revisionId} has no row`)
    return keep(revision)
  }
  const keep = ({ id, spec: stored }: ServiceRevision): WorkloadSpec => {
    const known = specs.get(id)
    if (known) return known
    const spec = readWorkloadSpec(stored)
    const [oldest] = specs.keys()
    if (specs.size >= keptSpecs && oldest !== undefined) specs.delete(oldest)
    specs.set(id, spec)
    return spec
  }

  return {
    specOf,

    /** One of a service's revisions by its number, or else the one that orders get. Undefined where there is none. */
    async revisionOf(tx: Tx, serviceId: string, number: number | undefined): Promise<OfferedRevision | undefined> {
      const where = number === undefined ? { currentOf: { id: serviceId } } : { serviceId, number }
      const revision = await tx.serviceRevision.findFirst({ where, include: { currentOf: { select: { id: true } } } })
      return revision
        ? { id: revision.id, number: revision.number, current: revision.currentOf !== null, spec: keep(revision) }
        : undefined
    },

    /** What an order names. Throws where there is no such service or plan, and where it is sold no more. */
    async orderable(tx: Tx, viewer: Buyer, serviceSlug: string, planSlug: string): Promise<Orderable> {
      // The lock that the subscription's foreign key takes, before anything is read: nobody withdraws it from here on.
      await tx.$queryRaw`SELECT 1 FROM services WHERE slug = ${serviceSlug} FOR KEY SHARE`
      const service = await findService(tx, viewer, serviceSlug)
      if (!service) throw unknownService(serviceSlug, await publishedSlugs(tx, viewer))
      if (service.status === 'RETIRED') {
        throw conflict('SERVICE_RETIRED', `"${service.name}" is no longer sold. Subscriptions of it run on.`, {
          extensions: { state: service.status },
        })
      }
      const plan = service.plans.find(({ slug }) => slug === planSlug)
      if (!plan) throw unknownPlan(planSlug, service.plans)
      await assertWithinLimit(tx, viewer.organizationId, plan)
      const { currentRevision: revision } = service
      return { service, plan, planVersion: plan.currentVersion, revision, spec: keep(revision) }
    },
  }
}

/** Two orders of one organization follow each other here, so that both cannot be its last one. */
async function assertWithinLimit(tx: Tx, organizationId: string, plan: ServiceWithParts['plans'][number]) {
  const { maxPerOrganization } = plan.currentVersion
  if (maxPerOrganization === null) return
  await tx.$queryRaw`SELECT 1 FROM organizations WHERE id = ${organizationId}::uuid FOR NO KEY UPDATE`
  const subscriptions = await tx.subscription.count({
    where: { organizationId, planVersion: { planId: plan.id }, entitlement: { not: 'TERMINATED' } },
  })
  if (subscriptions < maxPerOrganization) return
  throw conflict(
    'PLAN_LIMIT_REACHED',
    `An organization may have ${maxPerOrganization} of the plan "${plan.name}" at once, and yours has ${subscriptions}.`,
    { extensions: { limit: maxPerOrganization, subscriptions } },
  )
}

/** A body that names what does not exist is understood and impossible. A catalog may be long: one service is named. */
function unknownService(slug: string, offered: readonly string[]) {
  const meant = nearest(slug, offered)
  const hint = meant === undefined ? '.' : `: did you mean "${meant}"?`
  return unprocessable('SERVICE_NOT_FOUND', `There is no service "${slug}" in the catalog${hint}`, {
    fields: [{ pointer: '/service', detail: 'is not in the catalog' }],
    ...(meant !== undefined && { extensions: { nearest: meant } }),
  })
}

function unknownPlan(slug: string, plans: ServiceWithParts['plans']) {
  const offered = plans.map((plan) => plan.slug)
  return unprocessable('PLAN_NOT_FOUND', `There is no plan "${slug}". There are: ${offered.join(', ')}.`, {
    fields: [{ pointer: '/plan', detail: 'is not in the catalog' }],
    extensions: { offered },
  })
}
