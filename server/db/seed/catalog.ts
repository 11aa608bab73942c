import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../../lib/log.ts'
import { newId } from '../../lib/ids.ts'
import type { WorkloadSpec } from '../../workload/spec.ts'
import { seedCatalog, seedCategories, type SeedService } from '../catalog/index.ts'
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
    const written = await outdated(tx, entries)
    for (const { entry, stored } of written) {
      const spec = await parse(entry)
      if (stored) await addRevision(tx, { serviceId: stored.id, number: stored.number + 1, entry, spec })
      else await addService(tx, entry, spec)
      log.info({ service: entry.service.slug }, 'wrote a service of the catalog')
    }
    return written.map(({ entry }) => entry.service.slug)
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

/** The parser is loaded only when there is something to parse. */
async function parse({ service, source }: CatalogEntry): Promise<WorkloadSpec> {
  const { parseTemplate } = await import('../../workload/compose/parse.ts')
  const parsed = parseTemplate(source, { file: service.file })
  if (parsed.ok) return parsed.spec
  const reasons = parsed.refusals.map(({ line, message }) => `line ${line}: ${message}`)
  throw new Error(`the template of "${service.slug}" is refused: ${reasons.join(' ')}`)
}

async function addService(tx: Tx, entry: CatalogEntry, spec: WorkloadSpec): Promise<void> {
  const { slug, name, tagline, description, category, plans } = entry.service
  const serviceId = newId()
  const categoryId = await categoryOf(tx, category)
  await tx.service.create({ data: { id: serviceId, slug, name, tagline, description, categoryId } })
  await addRevision(tx, { serviceId, number: 1, entry, spec })
  for (const [position, plan] of plans.entries()) {
    const [planId, versionId] = [newId(), newId()]
    await tx.plan.create({ data: { id: planId, serviceId, slug: plan.slug, name: plan.name, position } })
    await tx.planVersion.create({
      data: {
        id: versionId,
        planId,
        number: 1,
        priceMinorUnits: BigInt(plan.priceMinorUnits),
        currency: plan.currency,
        interval: plan.interval,
        cpuMillicores: plan.cpuMillicores,
        memoryBytes: BigInt(plan.memoryBytes),
        storageBytes: BigInt(plan.storageBytes),
        replicas: plan.replicas,
      },
    })
    await tx.plan.update({ where: { id: planId }, data: { currentVersionId: versionId } })
  }
  await tx.service.update({ where: { id: serviceId }, data: { status: 'PUBLISHED' } })
}

type NewRevision = { serviceId: string; number: number; entry: CatalogEntry; spec: WorkloadSpec }

async function addRevision(tx: Tx, { serviceId, number, entry, spec }: NewRevision): Promise<void> {
  const id = newId()
  const { source, sha256 } = entry
  await tx.serviceRevision.create({ data: { id, serviceId, number, source, sourceSha256: sha256, spec: { ...spec } } })
  await tx.service.update({ where: { id: serviceId }, data: { currentRevisionId: id } })
}

async function categoryOf(tx: Tx, slug: string): Promise<string> {
  const known = seedCategories.find((category) => category.slug === slug)
  if (!known) throw new Error(`the catalog has no category "${slug}"`)
  const data = { id: newId(), ...known, position: seedCategories.indexOf(known) }
  const { id } = await tx.category.upsert({ where: { slug }, create: data, update: {}, select: { id: true } })
  return id
}
