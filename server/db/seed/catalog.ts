import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../../lib/log.ts'
import { newId } from '../../lib/ids.ts'
import type { TemplateHeader } from '../../workload/diagnostic.ts'
import type { WorkloadSpec } from '../../workload/spec.ts'
import { seedCatalog, seedCategories, type SeedService } from '../catalog/index.ts'
import { recordAudit } from '../audit-trail.ts'
import type { Database, Tx } from '../database.ts'

/** A service of the catalog with its template, which is what a revision stores. */
export type CatalogEntry = { service: SeedService; source: string; sha256: string }

const templates = join(import.meta.dirname, '..', 'catalog')
/** Of processes that start at once one writes; the others then find nothing to do. */
const lockKey = 7_302_001

/**
 * Puts the catalog that Berth comes with into the database, and returns the slugs of the services that it wrote. What
 * is there already stays, with one exception: a template that changed with a new version of Berth becomes a further
 * revision, unless an operator has edited that service. Subscriptions stay on the revision that they have.
 */
export async function writeCatalog(database: Database, log: Logger): Promise<readonly string[]> {
  return writeEntries(database, await readCatalog(), log)
}

export const readCatalog = (): Promise<CatalogEntry[]> =>
  Promise.all(
    seedCatalog.map(async (service) => {
      const source = await readFile(join(templates, service.file), 'utf8')
      return { service, source, sha256: createHash('sha256').update(source).digest('hex') }
    }),
  )

export async function writeEntries(
  database: Database,
  entries: readonly CatalogEntry[],
  log: Logger,
): Promise<readonly string[]> {
  if ((await outdated(database.prisma, entries)).length === 0) return []
  return database.transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(${lockKey})`
    const found = await outdated(tx, entries)
    const revisions = await Promise.all(found.map(revisionOf))
    const fresh = revisions.filter(({ number }) => number === 1)
    await addServices(tx, fresh)
    await addRevisions(tx, revisions)
    await publish(tx, fresh)
    for (const { serviceId, number, entry } of revisions) {
      await recordAudit(tx, {
        action: 'catalog.service.seed',
        targetType: 'service',
        targetId: serviceId,
        after: { slug: entry.service.slug, revision: number },
      })
    }
    for (const { entry } of revisions) log.info({ service: entry.service.slug }, 'wrote a service of the catalog')
    return revisions.map(({ entry }) => entry.service.slug)
  })
}

type Stored = { id: string; number: number }
type Outdated = { entry: CatalogEntry; stored?: Stored }

/** New services, and those whose newest revision is of Berth's making and of another template. */
async function outdated(db: Tx, entries: readonly CatalogEntry[]): Promise<Outdated[]> {
  const services = await db.service.findMany({
    where: { slug: { in: entries.map(({ service }) => service.slug) } },
    select: {
      id: true,
      slug: true,
      version: true,
      revisions: {
        orderBy: { number: 'desc' },
        take: 1,
        select: { number: true, sourceSha256: true, createdById: true },
      },
    },
  })
  const bySlug = new Map(services.map((service) => [service.slug, service]))
  return entries.flatMap((entry): Outdated[] => {
    const service = bySlug.get(entry.service.slug)
    if (!service) return [{ entry }]
    const [newest] = service.revisions
    const edited = service.version > 1 || newest?.createdById != null
    if (edited || newest?.sourceSha256 === entry.sha256) return []
    return [{ entry, stored: { id: service.id, number: newest?.number ?? 0 } }]
  })
}

type Revision = {
  serviceId: string
  revisionId: string
  number: number
  entry: CatalogEntry
  spec: WorkloadSpec
  header: TemplateHeader
}

const revisionOf = async ({ entry, stored }: Outdated): Promise<Revision> => ({
  serviceId: stored?.id ?? newId(),
  revisionId: newId(),
  number: (stored?.number ?? 0) + 1,
  entry,
  ...(await parse(entry)),
})

/** The parser is loaded only when there is something to parse. */
async function parse({ service, source }: CatalogEntry): Promise<Pick<Revision, 'spec' | 'header'>> {
  const { parseTemplate } = await import('../../workload/compose/parse.ts')
  const parsed = parseTemplate(source, { file: service.file })
  if (parsed.ok) return { spec: parsed.spec, header: parsed.entry }
  const reasons = parsed.refusals.map(({ line, message }) => `line ${line}: ${message}`)
  throw new Error(`the template of "${service.slug}" is refused: ${reasons.join(' ')}`)
}

/** As drafts: what is published needs a revision, and a revision needs its service. */
async function addServices(tx: Tx, fresh: readonly Revision[]): Promise<void> {
  if (fresh.length === 0) return
  const categories = await addCategories(tx)
  await tx.service.createMany({
    data: fresh.map(({ serviceId, entry: { service }, header }) => {
      const { slug, name, tagline, description, icon } = service
      return {
        id: serviceId,
        ...{ slug, name, tagline, description },
        ...(icon && { icon: { ...icon } }),
        tags: [...header.tags],
        documentationUrl: header.documentation ?? null,
        categoryId: categories.get(service.category) ?? '',
      }
    }),
  })
  const plans = fresh.flatMap(({ serviceId, entry }) =>
    entry.service.plans.map((plan, position) => ({ plan, position, serviceId, planId: newId() })),
  )
  await tx.plan.createMany({
    data: plans.map(({ plan: { slug, name }, position, serviceId, planId }) => ({
      id: planId,
      serviceId,
      slug,
      name,
      position,
    })),
  })
  await tx.planVersion.createMany({
    data: plans.map(({ planId, plan }) => ({
      id: newId(),
      planId,
      number: 1,
      priceMinorUnits: BigInt(plan.priceMinorUnits),
      currency: plan.currency,
      interval: plan.interval,
      cpuMillicores: plan.cpuMillicores,
      memoryBytes: BigInt(plan.memoryBytes),
      storageBytes: BigInt(plan.storageBytes),
      replicas: plan.replicas,
    })),
  })
  await tx.$executeRaw`
    UPDATE plans SET current_version_id = plan_versions.id FROM plan_versions
    WHERE plan_versions.plan_id = plans.id AND plans.id = ANY(${plans.map(({ planId }) => planId)}::uuid[])`
}

async function addRevisions(tx: Tx, revisions: readonly Revision[]): Promise<void> {
  await tx.serviceRevision.createMany({
    data: revisions.map(({ serviceId, revisionId, number, entry: { source, sha256 }, spec }) => ({
      id: revisionId,
      serviceId,
      number,
      source,
      sourceSha256: sha256,
      spec: { ...spec },
    })),
  })
  await tx.$executeRaw`
    UPDATE services SET current_revision_id = service_revisions.id FROM service_revisions
    WHERE service_revisions.service_id = services.id
      AND service_revisions.id = ANY(${revisions.map(({ revisionId }) => revisionId)}::uuid[])`
}

const publish = (tx: Tx, fresh: readonly Revision[]): Promise<unknown> =>
  tx.service.updateMany({
    where: { id: { in: fresh.map(({ serviceId }) => serviceId) } },
    data: { status: 'PUBLISHED' },
  })

/** By slug. Those that an operator renamed keep their name. */
async function addCategories(tx: Tx): Promise<ReadonlyMap<string, string>> {
  const data = seedCategories.map((category, position) => ({ id: newId(), position, ...category }))
  await tx.category.createMany({ data, skipDuplicates: true })
  const categories = await tx.category.findMany({ select: { id: true, slug: true } })
  return new Map(categories.map(({ id, slug }) => [slug, id]))
}
