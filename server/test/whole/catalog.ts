import { createHash } from 'node:crypto'
import type { SeedService } from '../../db/catalog/index.ts'
import type { Database } from '../../db/database.ts'
import { writeEntries } from '../../db/seed/catalog.ts'
import { testLog } from '../log.ts'

/** A volume and a pod that is ready as soon as it runs: for tests that need many of them, or one many times. */
const source = `
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
const plan = (slug: string, cpuMillicores: number): SeedService['plans'][number] => ({
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

const tiny: SeedService = {
  slug: 'tiny',
  file: 'tiny.yaml',
  name: 'Tiny',
  category: 'databases',
  tagline: '',
  description: '',
  plans: [plan('nano', 20), plan('core', 1_000), plan('endless', 1_000_000)],
}
const retired: SeedService = { ...tiny, slug: 'retired', name: 'Retired' }

/** What these tests order beside the catalog that every server brings along. */
export async function offerServices(database: Database): Promise<void> {
  await offer(database, [tiny, retired], source)
  await database.prisma.service.update({ where: { slug: retired.slug }, data: { status: 'RETIRED' } })
}

/** A service of one template and a plan for next to nothing, called `nano`. */
export const offerTemplate = (database: Database, slug: string, template: string): Promise<void> =>
  offer(database, [{ ...tiny, slug, name: slug, file: `${slug}.yaml`, plans: [plan('nano', 50)] }], template)

async function offer(database: Database, services: readonly SeedService[], template: string): Promise<void> {
  const sha256 = createHash('sha256').update(template).digest('hex')
  await writeEntries(
    database,
    services.map((service) => ({ service, source: template, sha256 })),
    testLog(),
  )
}
