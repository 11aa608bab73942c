import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../eventually.ts'
import { kubernetesTargets } from '../kubernetes.ts'
import type { Berth } from './berth.ts'
import { signUp, uuidOf, type Customer } from './customer.ts'
import { openGate, type Gate } from './gate.ts'
import { claimOf, namespaceFor, objectsOf } from './objects.ts'
import { setStage, startOn, type Stage } from './stage.ts'

const many = 20

describe.each(kubernetesTargets())(
  'a cluster that goes away, on the $name',
  { timeout: 240_000 },
  ({ name, start }) => {
    const folder = mkdtempSync(join(tmpdir(), 'berth-outage-'))
    let stage: Stage
    let gate: Gate
    let berth: Berth
    let customer: Customer
    beforeAll(async () => {
      stage = await setStage(start)
      gate = await openGate(stage.cluster.kubeconfigFile, folder)
      berth = await startOn(stage, gate.kubeconfigFile)
      customer = await signUp(berth)
    })
    afterAll(async () => {
      await berth?.stop()
      await gate?.close()
      await stage?.strike()
      rmSync(folder, { recursive: true })
    })
    const operations = () => stage.database.prisma.operation.findMany({ where: { kind: 'PROVISION' } })
    const away = async () => (await stage.database.prisma.cluster.findFirstOrThrow()).unreachableSince !== null

    test(`in the middle of ${many} orders: all run when it is back, nothing failed, and no time was counted`, async () => {
      const ids = await Promise.all(Array.from({ length: many }, () => customer.order()))
      await eventually(() =>
        stage.database.prisma.subscription.count({ where: { observedGeneration: 1 } }).then((applied) => applied > 2),
      )
      gate.shut()
      const shutAt = Date.now()
      await eventually(away, { deadlineMs: 30_000 })
      const unfinished = await eventually(
        async () => {
          const open = (await operations()).filter(({ state }) => state !== 'SUCCEEDED')
          expect(open.map(({ deadlineAt }) => deadlineAt)).toEqual(open.map(() => null))
          return open
        },
        { deadlineMs: 30_000 },
      )
      expect(unfinished.length).toBeGreaterThan(0)
      // What was ordered while it is away waits like the others.
      ids.push(await customer.order())
      const waiting = await eventually(
        async () => {
          const seen = await Promise.all(
            unfinished.map(({ subscriptionId }) => customer.subscription(`sub_${subscriptionId}`)),
          )
          const told = seen.flatMap(({ conditions }) => conditions.filter(({ type }) => type === 'Ready'))
          expect(new Set(told.map(({ status, reason }) => `${status} ${reason}`))).toEqual(
            new Set(['Unknown ClusterUnreachable']),
          )
          return seen
        },
        { deadlineMs: 60_000 },
      )
      for (const { operation, status } of waiting) {
        expect(operation).toMatchObject({ state: 'RUNNING', deadlineAt: null })
        expect(status).not.toBe('failed')
      }
      // What was left when it went away is left now: of what was ordered before, and of what was ordered meanwhile.
      const left = new Map(unfinished.map((operation) => [operation.id, operation.remainingMilliseconds]))
      const paused = (await operations()).filter(({ state }) => state !== 'SUCCEEDED')
      expect(paused).toHaveLength(unfinished.length + 1)
      for (const { id, deadlineAt, remainingMilliseconds } of paused) {
        expect(deadlineAt).toBeNull()
        expect(remainingMilliseconds).toBeGreaterThan(0)
        if (left.has(id)) expect(remainingMilliseconds).toBe(left.get(id))
      }
      gate.open()
      const openedAt = Date.now()
      await Promise.all(ids.map((id) => customer.until(id, 'running', 120_000)))
      const back = Math.round(Date.now() - openedAt)
      process.stdout.write(`${name}: ${ids.length} run ${back} ms after an outage of ${openedAt - shutAt} ms\n`)
      const done = await operations()
      expect(done.map(({ state }) => state)).toEqual(done.map(() => 'SUCCEEDED'))
      await eventually(async () => !(await away()), { deadlineMs: 20_000 })
      for (const id of ids) expect(await claimOf(stage.cluster.admin, id)).not.toBe('')
    })

    test('a subscription that runs is not said to have stopped, and drift of that time is put right', async () => {
      const id = await customer.order()
      await customer.until(id, 'running')
      gate.shut()
      await eventually(away, { deadlineMs: 30_000 })
      await stage.cluster.admin.delete({
        apiVersion: 'v1',
        kind: 'Service',
        name: 'redis',
        namespace: namespaceFor(id),
      })
      // A pass that finds the cluster away tells so, and makes nothing of it.
      await customer.must('POST', `/subscriptions/${id}/restart`)
      const told = await eventually(async () => {
        const found = await customer.subscription(id)
        return found.conditions.some(({ type, status }) => type === 'Ready' && status === 'Unknown') && found
      })
      expect(told).toMatchObject({ entitlement: 'ACTIVE', status: 'updating', operation: { state: 'RUNNING' } })
      expect(told.conditions.find(({ type }) => type === 'Degraded')?.status).toBe('Unknown')
      gate.open()
      await eventually(async () => (await objectsOf(stage.cluster.admin, id, 'Service')).length === 1, {
        deadlineMs: 20_000,
      })
      await customer.until(id, 'running')
      expect(await stage.database.prisma.pod.count({ where: { subscriptionId: uuidOf(id) } })).toBe(1)
    })
  },
)

describe('credentials that lead to another cluster', { timeout: 120_000 }, () => {
  const [simulated] = kubernetesTargets()
  test('stop everything and touch nothing, until they lead back', async () => {
    if (!simulated) throw new Error('there is no target')
    const stage = await setStage(simulated.start)
    const other = await simulated.start()
    let berth = await startOn(stage)
    try {
      const customer = await signUp({ url: () => berth.url() })
      const id = await customer.order()
      await customer.until(id, 'running')
      const claim = await claimOf(stage.cluster.admin, id)
      await berth.stop()

      berth = await startOn(stage, other.kubeconfigFile)
      const late = await customer.order()
      for (const each of [id, late]) {
        await customer.must('POST', `/subscriptions/${each}/${each === id ? 'restart' : 'cancel'}`)
        await eventually(
          async () => {
            const { conditions } = await customer.subscription(each)
            const degraded = conditions.find(({ type }) => type === 'Degraded')
            expect(degraded).toMatchObject({ status: 'True', reason: 'ClusterIdentityChanged' })
            return true
          },
          { deadlineMs: 30_000 },
        )
      }
      const { items } = await other.admin.list({ apiVersion: 'v1', kind: 'Namespace' })
      expect(items.filter(({ metadata }) => metadata.name.startsWith('berth-0'))).toEqual([])
      expect(await claimOf(stage.cluster.admin, id)).toBe(claim)
      await berth.stop()

      berth = await startOn(stage)
      expect(await customer.settled(id)).toMatchObject({ kind: 'RESTART', state: 'SUCCEEDED' })
      expect(await customer.settled(late)).toMatchObject({ kind: 'CANCEL', state: 'SUCCEEDED' })
      expect(await claimOf(stage.cluster.admin, id)).toBe(claim)
    } finally {
      await berth.stop()
      await stage.strike()
      await other.stop()
    }
  })
})
