import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { eventually } from '../test/eventually.ts'
import { testDatabase, type TestDatabase } from '../test/database.ts'
import { constraintOf, openDatabase, type Database } from './database.ts'
import { newId } from '../lib/ids.ts'
import { createLog } from '../lib/log.ts'

let clone: TestDatabase
let database: Database
beforeAll(async () => {
  clone = await testDatabase()
  database = clone.database
})
afterAll(() => clone.drop())

const category = (slug: string) => ({ data: { id: newId(), slug, name: slug } })

test('a transaction that throws leaves nothing', async () => {
  const failing = database.transaction(async (tx) => {
    await tx.category.create(category('half'))
    throw new Error('on purpose')
  })
  await expect(failing).rejects.toThrow('on purpose')
  expect(await database.prisma.category.count({ where: { slug: 'half' } })).toBe(0)
})

test('two transactions that lock each other out both succeed in the end', async () => {
  const [first, second] = [category('first'), category('second')]
  await database.prisma.category.createMany({ data: [first.data, second.data] })
  let arrived = 0
  const both = Promise.withResolvers<void>()
  const writeInOrder = (ids: string[]) =>
    database.transaction(async (tx) => {
      for (const [index, id] of ids.entries()) {
        await tx.category.update({ where: { id }, data: { position: { increment: 1 } } })
        // The first time round both hold one row before they ask for the other's.
        if (index === 0 && (arrived += 1) === 2) both.resolve()
        if (index === 0) await both.promise
      }
    })
  await Promise.all([writeInOrder([first.data.id, second.data.id]), writeInOrder([second.data.id, first.data.id])])
  expect(arrived).toBeGreaterThan(2)
  const rows = await database.prisma.category.findMany({ where: { slug: { in: ['first', 'second'] } } })
  expect(rows.map(({ position }) => position)).toEqual([2, 2])
})

test('a broken constraint is named whichever way the statement was sent', async () => {
  await database.prisma.category.create(category('taken'))
  const ways = [
    () => database.prisma.category.create(category('taken')),
    () => database.transaction((tx) => tx.category.create(category('taken'))),
    () =>
      database.prisma
        .$executeRaw`INSERT INTO categories (id, slug, name, updated_at) VALUES (gen_random_uuid(), 'taken', '', now())`,
    () =>
      database.query(
        `INSERT INTO categories (id, slug, name, updated_at) VALUES (gen_random_uuid(), 'taken', '', now())`,
      ),
  ]
  for (const way of ways) {
    expect(constraintOf(await way().catch((error: unknown) => error))).toBe('categories_slug_key')
  }
  const check = await database.prisma.category.create(category('Not A Slug')).catch((error: unknown) => error)
  expect(constraintOf(check)).toBe('categories_slug_check')
  const foreign = await database.prisma.service
    .create({ data: { id: newId(), slug: 'orphan', name: 'Orphan', categoryId: newId() } })
    .catch((error: unknown) => error)
  expect(constraintOf(foreign)).toBe('services_category_id_fkey')
  expect(constraintOf(new Error('no constraint "at_all"'))).toBeUndefined()
})

test('a listener hears what is notified, and after its connection was lost looks for what it missed', async () => {
  const heard: string[] = []
  const end = await database.listen('test_channel', (payload) => heard.push(payload))
  await database.query(`NOTIFY test_channel, 'first'`)
  await eventually(() => heard.includes('first'))

  await database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'berth listen' AND datname = current_database()`,
  )
  await eventually(() => heard.includes(''))
  await database.query(`NOTIFY test_channel, 'second'`)
  await eventually(() => heard.includes('second'))
  expect(heard).toEqual(['first', '', 'second'])

  await end()
  await database.query(`NOTIFY test_channel, 'third'`)
  const other: string[] = []
  await database.listen('other_channel', (payload) => other.push(payload))
  await database.query(`NOTIFY other_channel, 'fourth'`)
  await eventually(() => other.includes('fourth'))
  expect(heard).not.toContain('third')
})

test('a listener that throws does not keep the others from hearing', async () => {
  const heard: string[] = []
  await database.listen('shared_channel', () => {
    throw new Error('on purpose')
  })
  await database.listen('shared_channel', (payload) => heard.push(payload))
  await database.query(`NOTIFY shared_channel, 'news'`)
  await eventually(() => heard.includes('news'))
})

test('what a transaction includes is read without the driver calling it deprecated', async () => {
  const warnings: string[] = []
  const note = (warning: Error) => warnings.push(warning.message)
  process.on('warning', note)
  onTestFinished(() => void process.off('warning', note))
  const { id, ...row } = category('including').data
  await database.prisma.category.create({ data: { id, ...row } })
  await database.prisma.service.create({ data: { id: newId(), slug: 'included', name: 'Included', categoryId: id } })
  const found = await database.transaction((tx) =>
    tx.category.findUniqueOrThrow({
      where: { id },
      include: { services: { include: { revisions: true, plans: true, subscriptions: true, category: true } } },
    }),
  )
  expect(found.services).toMatchObject([{ slug: 'included', revisions: [], plans: [], category: { id } }])
  expect(warnings).toEqual([])
})

test('a statement that comes back was parsed once, and one that was made for its input or is a search is not kept', async () => {
  const [often, long, sought] = ['SELECT 1 AS often', `SELECT ${'1 + '.repeat(2_000)}1 AS long`, 'SELECT 1 AS sought']
  for (const _time of [1, 2]) {
    await Promise.all([database.query(often), database.query(long), database.search(sought)])
    await database.prisma.$queryRaw`SELECT 1 AS by_model`
  }
  const kept = new Set<string>()
  // Every connection keeps its own: the same question, asked of all of them.
  const all = await Promise.all(Array.from({ length: 10 }, () => database.pool.connect()))
  for (const connection of all) {
    const { rows } = await connection.query<{ statement: string }>('SELECT statement FROM pg_prepared_statements')
    for (const { statement } of rows) kept.add(statement)
    connection.release()
  }
  expect(kept).toContain(often)
  expect(kept).toContain('SELECT 1 AS by_model')
  expect(kept).not.toContain(long)
  expect(kept).not.toContain(sought)
})

test('a connection that is lost is told in a line, and one that ends while everything is stopping is not', async () => {
  const lines: string[] = []
  const log = createLog('warn', { write: (line) => void lines.push(line) })
  const own = openDatabase({ url: clone.url, log })
  await own.query('SELECT 1')
  await database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE application_name = 'berth' AND datname = current_database() AND query = 'SELECT 1'`,
  )
  await eventually(() => lines.length > 0)
  expect(lines.join()).toMatch(/an idle PostgreSQL connection was lost: [^{}]*"\}\s*$/)

  // Which of the two comes first, the answer to its goodbye or the end of the line, is the network's to say.
  const held = await own.pool.connect()
  const closed = own.close()
  own.pool.emit('error', new Error('Connection terminated unexpectedly'), held)
  held.release()
  await closed
  expect(lines).toHaveLength(1)
})
