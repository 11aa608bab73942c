import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Database } from '../../db/database.ts'
import { seedCatalog, seedCategories, type SeedService } from '../../db/catalog/index.ts'
import { newId } from '../../lib/ids.ts'
import { parseTemplate } from '../../workload/compose/parse.ts'

/** The services that a new installation offers, and one that is sold no more. What is there already stays. */
export async function offerServices({ prisma }: Database): Promise<void> {
  const categories = new Map<string, string>()
  for (const { slug, name } of seedCategories) {
    const { id } = await prisma.category.upsert({ where: { slug }, create: { id: newId(), slug, name }, update: {} })
    categories.set(slug, id)
  }
  const [first] = seedCatalog
  if (!first) throw new Error('the catalog is empty')
  for (const service of [...seedCatalog, { ...first, slug: retiredService, name: 'Retired' }]) {
    if (await prisma.service.findUnique({ where: { slug: service.slug } })) continue
    await offer(prisma, service, categories.get(service.category) ?? '')
  }
  await prisma.service.update({ where: { slug: retiredService }, data: { status: 'RETIRED' } })
}

export const retiredService = 'retired'

async function offer(
  prisma: Database['prisma'],
  { slug, name, file, plans }: SeedService,
  categoryId: string,
): Promise<void> {
  const source = await readFile(new URL(`../../db/catalog/${file}`, import.meta.url), 'utf8')
  const parsed = parseTemplate(source, { file })
  if (!parsed.ok) throw new Error(parsed.refusals.map(({ message }) => message).join(' '))
  const [serviceId, revisionId] = [newId(), newId()]
  await prisma.service.create({ data: { id: serviceId, slug, name, categoryId } })
  const sourceSha256 = createHash('sha256').update(source).digest('hex')
  const spec = JSON.parse(JSON.stringify(parsed.spec)) as object
  await prisma.serviceRevision.create({ data: { id: revisionId, serviceId, number: 1, source, sourceSha256, spec } })
  for (const plan of plans) {
    const [planId, planVersionId] = [newId(), newId()]
    const { priceMinorUnits, currency, cpuMillicores, memoryBytes, storageBytes, replicas } = plan
    await prisma.plan.create({ data: { id: planId, serviceId, slug: plan.slug, name: plan.name } })
    const money = { priceMinorUnits: BigInt(priceMinorUnits), currency }
    const sizes = { cpuMillicores, memoryBytes: BigInt(memoryBytes), storageBytes: BigInt(storageBytes), replicas }
    await prisma.planVersion.create({ data: { id: planVersionId, planId, number: 1, ...money, ...sizes } })
    await prisma.plan.update({ where: { id: planId }, data: { currentVersionId: planVersionId } })
  }
  await prisma.service.update({
    where: { id: serviceId },
    data: { currentRevisionId: revisionId, status: 'PUBLISHED' },
  })
}
