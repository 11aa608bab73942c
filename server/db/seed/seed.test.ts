import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAdministration } from '../../features/catalog/administration.ts'
import { createClock } from '../../lib/clock.ts'
import { newId } from '../../lib/ids.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { testLog } from '../../test/log.ts'
import type { Database } from '../database.ts'
import { writeAdministrator } from './administrator.ts'
import { readCatalog, writeEntries, type CatalogEntry } from './catalog.ts'
import { seedInstallation } from './installation.ts'

let clone: TestDatabase
let database: Database
beforeAll(async () => {
  clone = await testDatabase()
  database = clone.database
})
afterAll(() => clone.drop())

const log = testLog()
/** The real one costs 19 MiB and is tested where it is written. */
const hashPassword = async (password: string) => `hash of ${password}`
const admin = { email: 'Admin@example.test' }
const counts = async () => {
  const { prisma } = database
  return Promise.all([
    prisma.user.count(),
    prisma.organization.count(),
    prisma.category.count(),
    prisma.service.count({ where: { status: 'PUBLISHED' } }),
    prisma.serviceRevision.count(),
    prisma.planVersion.count(),
  ])
}

test('processes that start at once seed once, one of them says the password, and a later start changes nothing', async () => {
  const starts = await Promise.all([1, 2, 3].map(() => seedInstallation(database, { admin, hashPassword, log })))
  const told = starts.flatMap(({ madePassword }) => madePassword ?? [])
  expect(told).toHaveLength(1)
  const user = await database.prisma.user.findFirstOrThrow({ include: { memberships: true } })
  expect(user).toMatchObject({ email: 'admin@example.test', role: 'ADMINISTRATOR', passwordHash: `hash of ${told[0]}` })
  expect(user.memberships).toMatchObject([{ role: 'OWNER' }])

  const before = await counts()
  const catalog = await readCatalog()
  expect(before.slice(0, 5)).toEqual([1, 1, expect.any(Number), catalog.length, catalog.length])
  expect(await seedInstallation(database, { admin: { ...admin, password: 'another one' }, hashPassword, log })).toEqual(
    {},
  )
  expect(await counts()).toEqual(before)
  expect((await database.prisma.user.findFirstOrThrow()).passwordHash).toBe(`hash of ${told[0]}`)
})

test('a customer never becomes administrator because a setting names their address', async () => {
  const other = await testDatabase()
  try {
    const customer = { id: newId(), email: 'somebody@example.test', name: 'Somebody', passwordHash: 'theirs' }
    await other.database.prisma.user.create({ data: customer })
    const seeding = writeAdministrator(other.database, { email: 'SOMEBODY@example.test' }, hashPassword)
    await expect(seeding).rejects.toMatchObject({ code: 'ADMINISTRATOR_EMAIL' })
    expect(await other.database.prisma.user.findMany({ select: { role: true } })).toEqual([{ role: 'USER' }])
  } finally {
    await other.drop()
  }
})

const changed = ({ service, source }: CatalogEntry, sha256: string): CatalogEntry => ({
  service,
  source: `${source}\n# changed\n`,
  sha256: sha256.repeat(64),
})
const revisionsOf = (slug: string) =>
  database.prisma.serviceRevision.findMany({
    where: { service: { slug } },
    orderBy: { number: 'asc' },
    select: { number: true, currentOf: { select: { slug: true } } },
  })

test('a template that changed becomes a further revision, which changes no subscription', async () => {
  const catalog = await readCatalog()
  await writeEntries(database, catalog, log)
  const [entry] = catalog
  if (!entry) throw new Error('the catalog is empty')
  const { slug } = entry.service
  expect(await writeEntries(database, [changed(entry, 'a')], log)).toEqual([slug])
  expect(await writeEntries(database, [changed(entry, 'a')], log)).toEqual([])
  expect(await revisionsOf(slug)).toEqual([
    { number: 1, currentOf: null },
    { number: 2, currentOf: { slug } },
  ])
})

test('what an operator edited is not overwritten by a new version of Berth', async () => {
  const catalog = await readCatalog()
  await writeEntries(database, catalog, log)
  const [, entry] = catalog
  if (!entry) throw new Error('the catalog has one service only')
  const { slug } = entry.service
  await database.prisma.service.update({ where: { slug }, data: { name: 'Ours', version: { increment: 1 } } })
  expect(await writeEntries(database, [changed(entry, 'b')], log)).toEqual([])
  expect(await revisionsOf(slug)).toHaveLength(1)
})

test('a revision that an operator imported at the machine is not followed by one of a new version of Berth', async () => {
  const catalog = await readCatalog()
  await writeEntries(database, catalog, log)
  const [, , entry] = catalog
  if (!entry) throw new Error('the catalog has two services only')
  const { slug } = entry.service
  const { imports } = createAdministration({ database, clock: createClock() })
  const options = { category: 'tools', plans: [], onExisting: 'revise', publish: false, dryRun: false } as const
  const items = [{ name: `${slug}.yaml`, content: `${entry.source}\n# ours\n` }]
  expect(await imports.run(undefined, items, options)).toMatchObject([{ result: 'revised' }])
  expect(await writeEntries(database, [changed(entry, 'c')], log)).toEqual([])
  expect(await revisionsOf(slug)).toHaveLength(2)
})
