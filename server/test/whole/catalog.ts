import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { seedCatalog, seedCategories, type SeedService } from '../../db/catalog/index.ts'
import type { Database } from '../../db/database.ts'
import { newId } from '../../lib/ids.ts'
import { parseTemplate } from '../../workload/compose/parse.ts'

type Plan = SeedService['plans'][number]
type Offer = { slug: string; name: string; category: string; source: string; plans: readonly Plan[] }

/** A volume and a pod that is ready as soon as it runs: for tests that need many of them, or many times one. */
const tiny = `
services:
  redis:
    image: redis:7
    user: '999:999'
    stop_grace_period: 1s
    command: redis-server --dir /data
    ports: ['6379:6379']
    volumes: ['data:/data']
volumes:
  data:
x-berth:
  isolation: restricted
  expose:
    - { service: redis, port: 6379, protocol: tcp }
`

const mebi = 2 ** 20
const plan = (slug: string, cpuMillicores: number): Plan => ({
  slug,
  name: slug,
  priceMinorUnits: 100,
  currency: 'EUR',
  interval: 'MONTH',
  cpuMillicores,
  memoryBytes: 32 * mebi,
  storageBytes: 16 * mebi,
  replicas: 1,
})

const tinyOffer: Offer = {
  slug: 'tiny',
  name: 'Tiny',
  category: 'databases',
  source: tiny,
  plans: [plan('nano', 20), plan('core', 1_000), plan('endless', 1_000_000)],
}
const retiredOffer: Offer = { ...tinyOffer, slug: 'retired', name: 'Retired' }

/** What a new installation offers, and what these tests need besides. What is there already stays as it is. */
export async function offerServices({ prisma }: Database): Promise<void> {
  const categories = new Map<string, string>()
  for (const { slug, name } of seedCategories) {
    const { id } = await prisma.category.upsert({ where: { slug }, create: { id: newId(), slug, name }, update: {} })
    categories.set(slug, id)
  }
  const seeded = seedCatalog.map(async ({ file, ...service }): Promise<Offer> => {
    const source = await readFile(new URL(`../../db/catalog/${file}`, import.meta.url), 'utf8')
    return { ...service, source }
  })
  for (const service of [...(await Promise.all(seeded)), tinyOffer, retiredOffer]) {
    if (await prisma.service.findUnique({ where: { slug: service.slug } })) continue
    await offer(prisma, service, categories.get(service.category) ?? '')
  }
  await prisma.service.update({ where: { slug: retiredOffer.slug }, data: { status: 'RETIRED' } })
}

async function offer(prisma: Database['prisma'], service: Offer, categoryId: string): Promise<void> {
  const { slug, name, source, plans } = service
  const parsed = parseTemplate(source)
  if (!parsed.ok) throw new Error(parsed.refusals.map(({ message }) => message).join(' '))
  const [serviceId, revisionId] = [newId(), newId()]
  await prisma.service.create({ data: { id: serviceId, slug, name, categoryId } })
  const sourceSha256 = createHash('sha256').update(source).digest('hex')
  const spec = JSON.parse(JSON.stringify(parsed.spec)) as object
  await prisma.serviceRevision.create({ data: { id: revisionId, serviceId, number: 1, source, sourceSha256, spec } })
  for (const { slug: planSlug, name: planName, priceMinorUnits, currency, ...sizes } of plans) {
    const [planId, planVersionId] = [newId(), newId()]
    const { cpuMillicores, memoryBytes, storageBytes, replicas } = sizes
    await prisma.plan.create({ data: { id: planId, serviceId, slug: planSlug, name: planName } })
    await prisma.planVersion.create({
      data: {
        id: planVersionId,
        planId,
        number: 1,
        priceMinorUnits: BigInt(priceMinorUnits),
        currency,
        cpuMillicores,
        memoryBytes: BigInt(memoryBytes),
        storageBytes: BigInt(storageBytes),
        replicas,
      },
    })
    await prisma.plan.update({ where: { id: planId }, data: { currentVersionId: planVersionId } })
  }
  await prisma.service.update({
    where: { id: serviceId },
    data: { currentRevisionId: revisionId, status: 'PUBLISHED' },
  })
}
