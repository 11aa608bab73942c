import type { Database, Tx } from '../../../db/database.ts'
import { isFailure } from '../../../lib/errors.ts'
import type { Diagnostic } from '../../../workload/diagnostic.ts'
import type { Categories } from '../categories/service.ts'
import { findCategoryBySlug } from '../categories/store.ts'
import type { NewPlan } from '../plans/model.ts'
import type { Plans } from '../plans/service.ts'
import { serviceAbsent } from '../refusals.ts'
import type { Revisions } from '../revisions/service.ts'
import { newestRevision } from '../revisions/store.ts'
import type { NewService } from '../services/model.ts'
import type { Services } from '../services/service.ts'
import { fingerprintOf, readTemplate } from '../templates/read.ts'
import type { Actor } from '../trail.ts'
import { entryOf, nameOfFile, slugOf, titleOf } from './compose.ts'
import { isServiceDocument, newPlanOf, readServiceDocument, writeServiceDocument } from './document.ts'

export type Imports = ReturnType<typeof createImports>
export type ImportItem = { name: string; content: string }
export type ImportOptions = {
  /** The category of what names none. */
  category: string
  /** For Compose documents, which bring none. */
  plans: readonly NewPlan[]
  onExisting: 'skip' | 'revise'
  publish: boolean
  dryRun: boolean
}
export type ImportResult = {
  name: string
  result: 'created' | 'revised' | 'unchanged' | 'skipped' | 'refused'
  slug: string | null
  serviceId: string | null
  /** Why, in a sentence. */
  detail: string | null
  refusals: readonly Diagnostic[]
  warnings: readonly Diagnostic[]
}

/** A document in the terms of the catalog, or why it does not come in. */
type Candidate = {
  service: NewService
  categoryName: string
  plans: readonly NewPlan[]
  source: string | undefined
  warnings: readonly Diagnostic[]
}
type Outcome = Omit<ImportResult, 'name'>
const nothing = { slug: null, serviceId: null, detail: null, refusals: [], warnings: [] }
const refused = (detail: string, more: Partial<Outcome> = {}): Outcome => ({
  ...nothing,
  ...more,
  result: 'refused',
  detail,
})

type Dependencies = {
  database: Database
  categories: Pick<Categories, 'create'>
  services: Pick<Services, 'create' | 'change' | 'get'>
  plans: Pick<Plans, 'create'>
  revisions: Pick<Revisions, 'create'>
}

/** Services out of documents and back. Each document is a transaction of its own: one that is refused stops none. */
export function createImports(dependencies: Dependencies) {
  const { database, services } = dependencies

  const importOne = async (actor: Actor, item: ImportItem, options: ImportOptions): Promise<Outcome> => {
    const candidate = await readCandidate(item, options)
    if ('result' in candidate) return candidate
    const { slug } = candidate.service
    try {
      return await database.transaction((tx) => bringIn(dependencies, tx, actor, candidate, options))
    } catch (error) {
      if (error === abandoned)
        return { ...nothing, slug, result: 'created', detail: 'nothing was written', warnings: candidate.warnings }
      if (isFailure(error) && error.kind !== 'internal') return refused(error.message, { slug })
      throw error
    }
  }

  return {
    /** In the order of the items, each with what became of it. */
    async run(actor: Actor, items: readonly ImportItem[], options: ImportOptions): Promise<ImportResult[]> {
      const results: ImportResult[] = []
      for (const item of items) results.push({ name: item.name, ...(await importOne(actor, item, options)) })
      return results
    },

    /** One document with its plans and its current template, which import takes back. */
    async write(serviceId: string): Promise<{ slug: string; text: string }> {
      const service = await services.get(serviceId)
      const revision =
        service.currentRevisionId === null
          ? undefined
          : await database.prisma.serviceRevision.findUnique({ where: { id: service.currentRevisionId } })
      if (revision === null) throw serviceAbsent()
      return { slug: service.slug, text: writeServiceDocument(service, revision?.source) }
    },
  }
}

async function readCandidate({ name, content }: ImportItem, options: ImportOptions): Promise<Candidate | Outcome> {
  if (isServiceDocument(content)) return candidateOfDocument(content)
  const file = nameOfFile(name)
  const slug = slugOf(file)
  if (slug === undefined) return refused('its name leaves no slug: letters and digits are needed')
  const result = await readTemplate(content)
  if (!result.ok) return refusedTemplate(slug, result)
  const { entry, warnings } = result
  if (entry.ignore) return { ...nothing, slug, result: 'skipped', detail: 'it asks catalogs to leave it out' }
  const category = (entry.category === undefined ? undefined : slugOf(entry.category)) ?? options.category
  return {
    service: {
      ...{ slug, name: titleOf(slug), category, organizationId: null, description: '', icon: null, links: [] },
      ...entryOf(entry),
      retentionDays: 7,
    },
    categoryName: titleOf(category),
    plans: options.plans,
    source: content,
    warnings,
  }
}

async function candidateOfDocument(content: string): Promise<Candidate | Outcome> {
  const read = readServiceDocument(content)
  if (!read.ok) return refused(read.problems.slice(0, 5).join('; '))
  const { berth: _format, plans, template, ...service } = read.document
  const parsed = template === undefined ? undefined : await readTemplate(template)
  if (parsed && !parsed.ok) return refusedTemplate(service.slug, parsed)
  return {
    service: { ...service, organizationId: null },
    categoryName: titleOf(service.category),
    plans: plans.map(newPlanOf),
    source: template,
    warnings: parsed?.warnings ?? [],
  }
}

const refusedTemplate = (
  slug: string,
  { refusals, warnings }: { refusals: readonly Diagnostic[]; warnings: readonly Diagnostic[] },
): Outcome => refused(`the template is refused: ${refusals[0]?.code ?? ''}`, { slug, refusals, warnings })

/** Thrown to undo a dry run. */
const abandoned = new Error('a dry run writes nothing')

async function bringIn(
  { categories, services, plans, revisions }: Dependencies,
  tx: Tx,
  actor: Actor,
  candidate: Candidate,
  { onExisting, publish, dryRun }: ImportOptions,
): Promise<Outcome> {
  const { service, categoryName, source } = candidate
  const { slug } = service
  const existing = await tx.service.findUnique({ where: { slug }, select: { id: true } })
  if (existing) return bringUpToDate(tx, existing.id)
  if (!(await findCategoryBySlug(tx, service.category)))
    await categories.create(tx, actor, {
      slug: service.category,
      name: categoryName,
      description: '',
      icon: null,
      position: 1000,
    })
  const { id } = await services.create(tx, actor, service)
  for (const plan of candidate.plans) await plans.create(tx, actor, id, plan)
  const revision =
    source === undefined
      ? undefined
      : await revisions.create(tx, actor, id, { template: source, note: '', current: true })
  if (publish) await services.change(tx, actor, id, 'publish')
  if (dryRun) throw abandoned
  return { ...nothing, slug, serviceId: id, result: 'created', warnings: revision?.warnings ?? candidate.warnings }

  async function bringUpToDate(tx: Tx, id: string): Promise<Outcome> {
    const there = { ...nothing, slug, serviceId: id, warnings: candidate.warnings }
    if (onExisting === 'skip') return { ...there, result: 'skipped', detail: 'there is a service with this slug' }
    const newest = await newestRevision(tx, id)
    if (source === undefined || newest?.sourceSha256 === fingerprintOf(source)) return { ...there, result: 'unchanged' }
    if (!dryRun) await revisions.create(tx, actor, id, { template: source, note: 'Imported', current: false })
    return { ...there, result: 'revised', detail: 'a further revision, which is not the current one' }
  }
}
