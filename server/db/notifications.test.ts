import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../lib/ids.ts'
import { testDatabase, type TestDatabase } from '../test/database.ts'
import { eventually } from '../test/eventually.ts'
import { makeCluster, makeService, makeSubscription, makeUser } from '../test/factories.ts'
import type { Database } from './database.ts'

let clone: TestDatabase
let database: Database
beforeAll(async () => {
  clone = await testDatabase()
  database = clone.database
})
afterAll(() => clone.drop())

/** What was heard up to now: notifications of one connection arrive in order, so a last one of our own closes the list. */
async function hear(channel: string) {
  const heard: string[] = []
  const end = await database.listen(channel, (payload) => heard.push(payload))
  return async () => {
    const mark = newId()
    await database.query(`SELECT pg_notify($1, $2)`, [channel, mark])
    await eventually(() => heard.includes(mark))
    await end()
    return heard.filter((payload) => payload !== mark)
  }
}

test('a reconciler is woken by what is wanted, and never by its own notes', async () => {
  const { prisma } = database
  const { user, organization } = await makeUser(prisma)
  const [cluster, made] = [await makeCluster(prisma), await makeService(prisma)]
  const heard = await hear('berth_subscriptions')
  const { id } = await makeSubscription(prisma, { organization, user, made, cluster })
  await prisma.subscription.update({ where: { id }, data: { conditions: [{ type: 'Ready' }], observedGeneration: 1 } })
  await prisma.subscription.update({ where: { id }, data: { entitlement: 'ACTIVE', firstReadyAt: new Date() } })
  await prisma.subscription.update({ where: { id }, data: { generation: 2 } })
  await prisma.subscription.update({ where: { id }, data: { purgeRequestedAt: new Date() } })
  expect(await heard()).toEqual([id, id, id, id])
})

test('many events of one statement are one notification, and those of a lost transaction none', async () => {
  const heard = await hear('berth_events')
  const events = [1, 2, 3].map(() => ({ id: newId(), type: 'test', data: {} }))
  await database.prisma.event.createMany({ data: events })
  const lost = database.transaction(async (tx) => {
    await tx.event.create({ data: { id: newId(), type: 'test', data: {} } })
    throw new Error('on purpose')
  })
  await expect(lost).rejects.toThrow('on purpose')
  expect(await heard()).toEqual([''])
})
