import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { watchLeaseMilliseconds, watchRetryMilliseconds } from '../../features/clusters/watching.ts'
import { busyMilliseconds, leaseMilliseconds } from '../../features/subscriptions/runner.ts'
import { kubernetesTargets } from '../kubernetes.ts'
import { startBerthProcess, type BerthProcess } from './berth.ts'
import { signUp, small, uuidOf, type Answer, type Customer, type Operation } from './customer.ts'
import { openGate, type Gate } from './gate.ts'
import { inventory, millisecondsUntilBack, objectsOf, onlyOne, refTo, repairMilliseconds } from './objects.ts'
import { seesWorkers, setStage, startOn, type Stage } from './stage.ts'

const many = 20

/**
 * The leases of the one that died, on the watch and on subscriptions, end by themselves and beside each other. Who asks
 * for them asks again and again; after that it is like any drift.
 */
const takeoverMs =
  Math.max(watchLeaseMilliseconds + watchRetryMilliseconds, leaseMilliseconds) + busyMilliseconds + repairMilliseconds

describe.each(kubernetesTargets())(
  'two servers over one database, on the $name',
  { timeout: 240_000 },
  ({ name, start }) => {
    const folder = mkdtempSync(join(tmpdir(), 'berth-sharing-'))
    let stage: Stage
    let pairs: { gate: Gate; berth: BerthProcess }[]
    let customers: Customer[]
    beforeAll(async () => {
      stage = await setStage(start)
      const startOne = async () => {
        const gate = await openGate(stage.cluster.kubeconfigFile, folder)
        const berth = await startBerthProcess({ databaseUrl: stage.databaseUrl, kubeconfigFile: gate.kubeconfigFile })
        return { gate, berth }
      }
      pairs = [await startOne(), await startOne()]
      await seesWorkers(stage.database)
      customers = await Promise.all(pairs.map(({ berth }) => signUp(berth)))
    })
    afterAll(async () => {
      for (const { gate, berth } of pairs ?? []) {
        await berth.stop()
        await gate.close()
      }
      await stage?.strike()
      rmSync(folder, { recursive: true })
    })
    let ids: string[] = []

    test(`${many} orders, given to either: each is provisioned once`, async () => {
      const { admin } = stage.cluster
      const orders = Array.from({ length: many }, async (_, index) => {
        const customer = customers[index % customers.length]
        if (!customer) throw new Error('there is no customer')
        const id = await customer.order()
        await customer.until(id, 'running', 120_000)
        return id
      })
      ids = await Promise.all(orders)
      const [first, ...others] = await Promise.all(ids.map((id) => inventory(admin, id)))
      for (const other of others) expect(other).toEqual(first)
      for (const id of ids) {
        // One that was made twice, or changed by the second server, has another generation.
        expect((await onlyOne(admin, id, 'StatefulSet')).metadata.generation).toBe(1)
        const operations = await stage.database.prisma.operation.findMany({ where: { subscriptionId: uuidOf(id) } })
        expect(operations.map(({ state }) => state)).toEqual(['SUCCEEDED'])
      }
      const succeeded = await stage.database.query<{ count: string }>(
        `SELECT count(*) FROM events WHERE type = 'operation.updated' AND data->>'state' = 'SUCCEEDED'`,
      )
      expect(Number(succeeded[0]?.count)).toBe(many)
      expect(pairs.map(({ gate }) => gate.watches() > 0).sort()).toEqual([false, true])
    })

    test('the one that watches is killed: the other one takes over and repairs what changed meanwhile', async () => {
      const { admin } = stage.cluster
      const watching = pairs.find(({ gate }) => gate.watches() > 0)
      const other = pairs.find((pair) => pair !== watching)
      if (!watching || !other) throw new Error('nobody watches')
      await watching.berth.kill()
      // Of all, because either server may have been the one that applied it, and then remembers that it is there.
      const deleted = ids.map((id) => millisecondsUntilBack(admin, refTo(id, 'Service', 'redis'), takeoverMs))
      const milliseconds = Math.max(...(await Promise.all(deleted)))
      expect(other.gate.watches()).toBeGreaterThan(0)
      process.stdout.write(`${name}: the other server repaired after ${Math.round(milliseconds)} ms\n`)
      const again = await millisecondsUntilBack(
        stage.cluster.admin,
        refTo(ids[0] ?? '', 'StatefulSet', 'redis'),
        repairMilliseconds,
      )
      process.stdout.write(`${name}: and the next drift after ${Math.round(again)} ms\n`)
      const customer = customers[pairs.indexOf(other)]
      const id = (await customer?.order()) ?? ''
      await customer?.until(id, 'running')
      await watching.berth.start()
      expect(await objectsOf(admin, id, 'Pod')).toHaveLength(1)
    })
  },
)

describe('orders at once', { timeout: 120_000 }, () => {
  const [simulated] = kubernetesTargets()
  test('never sell more than the workers hold, and sell all that they do', async () => {
    if (!simulated) throw new Error('there is no target')
    const stage = await setStage(simulated.start)
    const berth = await startOn(stage)
    try {
      const customer = await signUp(berth)
      const orders = Array.from({ length: 40 }, (_, index) =>
        customer.ask<Operation & { code: string }>('POST', '/subscriptions', {
          body: { ...small, plan: 'core', name: `core-${index}` },
        }),
      )
      const answers = await Promise.all(orders)
      const [sold] = await stage.database.query<{ cpu: string; orders: string }>(
        `SELECT sum(cpu_millicores) AS cpu, count(*) AS orders FROM reservations WHERE released_at IS NULL`,
      )
      const [held] = await stage.database.query<{ cpu: string }>(
        `SELECT sum(cpu_allocatable_millicores - cpu_requested_millicores) AS cpu FROM workers WHERE ready AND schedulable`,
      )
      const accepted = answers.filter(({ status }) => status === 202)
      expect(Number(sold?.orders)).toBe(accepted.length)
      expect(Number(sold?.cpu)).toBeLessThanOrEqual(Number(held?.cpu))
      expect(Number(held?.cpu) - Number(sold?.cpu)).toBeLessThan(1_000)
      expect(rejected(answers)).toEqual(new Set(['409 NO_CAPACITY']))
    } finally {
      await berth.stop()
      await stage.strike()
    }
  })
})

const rejected = (answers: readonly Answer<{ code: string }>[]): Set<string> =>
  new Set(answers.filter(({ status }) => status !== 202).map(({ status, body }) => `${status} ${body.code}`))
