import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../eventually.ts'
import { kubernetesTargets } from '../kubernetes.ts'
import type { Berth } from './berth.ts'
import { signUp, type Customer, type Operation, type Page, type Pod } from './customer.ts'
import { readEvents, type SeenEvent } from './events.ts'
import { inventory, objectsOf, onlyOne } from './objects.ts'
import { setStage, startOn, type Stage } from './stage.ts'

describe.each(kubernetesTargets())('from an order to what runs, on the $name', { timeout: 180_000 }, ({ start }) => {
  let stage: Stage
  let berth: Berth
  let customer: Customer
  beforeAll(async () => {
    stage = await setStage(start)
    berth = await startOn(stage)
    customer = await signUp(berth)
  })
  afterAll(async () => {
    await berth?.stop()
    await stage?.strike()
  })

  test('an order runs, and every view of it agrees', async () => {
    const id = await customer.order({ service: 'redis' })
    const running = await customer.until(id, 'running')
    expect(running).toMatchObject({ entitlement: 'ACTIVE', generation: 1, observedGeneration: 1 })
    const status = Object.fromEntries(running.conditions.map((condition) => [condition.type, condition.status]))
    expect(status).toEqual({ Ready: 'True', Progressing: 'False', Degraded: 'False', Suspended: 'False' })
    expect(running.operation).toMatchObject({ kind: 'PROVISION', state: 'SUCCEEDED', progress: 100, cause: null })

    const pod = await onlyOne(stage.cluster.admin, id, 'Pod')
    const { data: pods } = await customer.must<Page<Pod>>('GET', `/subscriptions/${id}/pods`)
    expect(pods).toMatchObject([
      { id: `pod_${pod.metadata.uid}`, name: pod.metadata.name, phase: 'RUNNING', ready: true },
    ])
    const operation = await customer.must<Operation>('GET', `/operations/${running.operation?.id ?? ''}`)
    expect(operation.state).toBe('SUCCEEDED')
    const { connection } = await customer.must<{ connection: { name: string; value: string }[] }>(
      'GET',
      `/subscriptions/${id}/credentials`,
    )
    expect(connection.find(({ name }) => name === 'uri')?.value).toMatch(
      new RegExp(`^redis://\\S*:\\S{16,}@redis\\.${running.namespace}\\.svc:6379/0$`),
    )
    // Nothing more is applied once it runs: what stands in the cluster stays as it is.
    const versions = await Promise.all(
      ['StatefulSet', 'Service', 'PersistentVolumeClaim'].map((kind) => onlyOne(stage.cluster.admin, id, kind)),
    )
    expect(versions.map(({ metadata }) => metadata.generation ?? 1)).toEqual([1, 1, 1])
  })

  test('a reader of the events sees each once and in order, and resumes anywhere without loss or double', async () => {
    const whole = await readEvents(berth, customer)
    await eventually(() => whole.seen.some(({ type }) => type === 'ready'))
    const torn = await readEvents(berth, customer)
    await eventually(() => torn.seen.some(({ type }) => type === 'ready'))
    const id = await customer.order()
    await eventually(() => torn.seen.some((event) => event.id !== undefined), { deadlineMs: 30_000 })
    await torn.cut()
    await customer.until(id, 'running')
    await eventually(() => whole.seen.some(isSuccess), { deadlineMs: 30_000 })
    await whole.cut()

    const told = idsOf(whole.seen)
    expect(new Set(told).size).toBe(told.length)
    expect(told.length).toBeGreaterThan(3)
    const words = whole.seen
      .filter(({ type, data }) => type === 'subscription.updated' && data['id'] === id)
      .map(({ data }) => data['status'])
    expect(words.filter((word, index) => word !== words[index - 1])).toEqual(['pending', 'provisioning', 'running'])

    for (const position of [idsOf(torn.seen).at(-1), told[0], told.at(-2)]) {
      const missed = told.slice(told.indexOf(position ?? '') + 1)
      const resumed = await readEvents(berth, customer, position)
      await eventually(() => resumed.seen.length >= missed.length)
      await resumed.cut()
      expect(idsOf(resumed.seen).slice(0, missed.length)).toEqual(missed)
    }
  })

  test('a reader of another customer hears nothing of it', async () => {
    const other = await signUp(berth)
    const reader = await readEvents(berth, other)
    const id = await customer.order()
    const own = await other.order()
    await other.until(own, 'running')
    await customer.until(id, 'running')
    await eventually(() => reader.seen.some(isSuccess))
    await reader.cut()
    expect(reader.seen.filter(({ data }) => JSON.stringify(data).includes(id))).toEqual([])
  })

  test('the second of two services starts when the first one is healthy, and not before', async () => {
    const { admin, simulator } = stage.cluster
    const fault = simulator?.faults.add({ kind: 'crash', container: 'cache' })
    const id = await customer.order({ service: 'web-with-cache', plan: 'nano' })
    if (fault !== undefined) {
      const stuck = await customer.until(id, 'degraded')
      expect(stuck.operation?.cause).toContain('"cache" starts and ends again')
      expect(await inventory(admin, id)).not.toContain('Deployment/web')
      simulator?.faults.remove(fault)
    }
    await customer.until(id, 'running', 120_000)
    const deployments = await objectsOf(admin, id, 'Deployment')
    expect(deployments.map(({ metadata }) => metadata.name).sort()).toEqual(['cache', 'web'])
    const [cache, web] = ['cache', 'web'].map((name) => deployments.find(({ metadata }) => metadata.name === name))
    // The API server tells seconds.
    expect(Date.parse(web?.metadata.creationTimestamp ?? '')).toBeGreaterThanOrEqual(
      availableSince(cache?.['status']) - 1_000,
    )
  })
})

const idsOf = (events: readonly SeenEvent[]): string[] => events.flatMap(({ id }) => id ?? [])
const isSuccess = ({ type, data }: SeenEvent): boolean => type === 'operation.updated' && data['state'] === 'SUCCEEDED'

type Status = { conditions?: { type: string; lastTransitionTime: string }[] }
const availableSince = (status: unknown): number =>
  Date.parse(
    (status as Status).conditions?.find(({ type }) => type === 'Available')?.lastTransitionTime ?? '9999-01-01',
  )
