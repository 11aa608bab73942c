import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Database } from '../../db/database.ts'
import { newId } from '../../lib/ids.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { eventually } from '../../test/eventually.ts'
import { makeUser } from '../../test/factories.ts'
import { insertSubscription } from '../../test/subscription-row.ts'
import { pauseDeadlines, resumeDeadlines } from './deadlines.ts'
import { insertOperation } from './store.ts'

const hour = 3_600_000

let clone: TestDatabase
let database: Database
beforeAll(async () => {
  clone = await testDatabase()
  database = clone.database
})
afterAll(() => clone.drop())

let operationId: string
let subscription: { subscriptionId: string; organizationId: string; clusterId: string }
beforeEach(async () => {
  const { user, organization } = await makeUser(database.prisma)
  const owner = { organizationId: organization.id, userId: user.id }
  const { subscriptionId } = await insertSubscription(database, owner)
  const row = await database.prisma.subscription.findUniqueOrThrow({ where: { id: subscriptionId } })
  subscription = { subscriptionId, organizationId: row.organizationId, clusterId: row.clusterId }
  operationId = newId()
  await database.prisma.operation.create({
    data: {
      id: operationId,
      kind: 'RESTART',
      state: 'RUNNING',
      startedAt: new Date(),
      ...subscription,
      generation: 2,
      deadlineAt: new Date(Date.now() + hour),
    },
  })
})

const mark = (away: boolean) =>
  database.prisma.cluster.update({
    where: { id: subscription.clusterId },
    data: { unreachableSince: away ? new Date() : null },
  })
const read = () => database.prisma.operation.findUniqueOrThrow({ where: { id: operationId } })
const both = (change: typeof pauseDeadlines) =>
  Promise.all([change(database, subscription.clusterId), change(database, subscription.clusterId)])
/** Of an hour. What the test itself takes is far less than the tolerance. */
const expectAnHour = (milliseconds: number | null | undefined) => {
  expect(milliseconds).toBeGreaterThan(hour - 60_000)
  expect(milliseconds).toBeLessThanOrEqual(hour)
}

test('two processes that lose and find the cluster at once count its time once', async () => {
  await mark(true)
  await both(pauseDeadlines)
  const paused = await read()
  expect(paused.deadlineAt).toBeNull()
  expectAnHour(paused.remainingMilliseconds)
  await mark(false)
  await both(resumeDeadlines)
  const resumed = await read()
  expect(resumed.remainingMilliseconds).toBeNull()
  expectAnHour((resumed.deadlineAt?.getTime() ?? 0) - Date.now())
})

test('who comes late with the news that the cluster is away does not stop the time of one that is back', async () => {
  await pauseDeadlines(database, subscription.clusterId)
  expect((await read()).deadlineAt).not.toBeNull()
})

test('who comes late with the news that it is back does not start the time of one that is away again', async () => {
  await mark(true)
  await pauseDeadlines(database, subscription.clusterId)
  await resumeDeadlines(database, subscription.clusterId)
  expect((await read()).deadlineAt).toBeNull()
})

test('pausing and resuming at once end in what the cluster is', async () => {
  for (const away of [true, false, true, false]) {
    await mark(away)
    await Promise.all([...Array.from({ length: 3 }, () => both(pauseDeadlines)), both(resumeDeadlines)])
    expect((await read()).deadlineAt === null).toBe(away)
  }
  expectAnHour(((await read()).deadlineAt?.getTime() ?? 0) - Date.now())
})

test('an operation that begins while the cluster comes back is not left without a deadline', async () => {
  await mark(true)
  const begun = Promise.withResolvers<string>()
  const commit = Promise.withResolvers<void>()
  const beginning = database.transaction(async (tx) => {
    const operation = await insertOperation(tx, {
      kind: 'CANCEL',
      ...subscription,
      generation: 3,
      requestedById: null,
      deadlineAt: new Date(Date.now() + hour),
    })
    begun.resolve(operation.id)
    await commit.promise
  })
  operationId = await begun.promise
  await mark(false)
  const resuming = resumeDeadlines(database, subscription.clusterId)
  await eventually(async () => (await waitingForLocks()) === 1)
  commit.resolve()
  await Promise.all([beginning, resuming])
  expectAnHour(((await read()).deadlineAt?.getTime() ?? 0) - Date.now())
})

async function waitingForLocks(): Promise<number> {
  const [row] = await database.query<{ count: string }>(
    `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  )
  return Number(row?.count)
}
