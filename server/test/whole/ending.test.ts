import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../eventually.ts'
import { kubernetesTargets } from '../kubernetes.ts'
import type { Berth } from './berth.ts'
import { signUp, uuidOf, type Customer, type Operation } from './customer.ts'
import { claimOf, isGone, millisecondsUntilBack, namespaceFor, objectsOf, refTo } from './objects.ts'
import { setStage, startOn, type Stage } from './stage.ts'

describe.each(kubernetesTargets())('the end of a subscription, on the $name', { timeout: 180_000 }, ({ start }) => {
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
  const running = async () => {
    const id = await customer.order()
    await customer.until(id, 'running')
    return id
  }
  const change = async (id: string, what: string, body?: unknown) => {
    await customer.must<Operation>('POST', `/subscriptions/${id}/${what}`, { ...(body !== undefined && { body }) })
    return customer.settled(id)
  }
  const purge = async (id: string) => {
    const { name } = await customer.subscription(id)
    await customer.must('POST', `/subscriptions/${id}/purge`, { body: { confirm: name } })
  }

  test('a canceled one keeps its volume, and a reactivated one runs on it again', async () => {
    const { admin } = stage.cluster
    const id = await running()
    const claim = await claimOf(admin, id)
    expect(await change(id, 'cancel')).toMatchObject({ kind: 'CANCEL', state: 'SUCCEEDED' })
    expect(await customer.subscription(id)).toMatchObject({ status: 'canceled', entitlement: 'CANCELED' })
    expect(await objectsOf(admin, id, 'Pod')).toEqual([])
    expect(await claimOf(admin, id)).toBe(claim)

    expect(await change(id, 'reactivate')).toMatchObject({ kind: 'REACTIVATE', state: 'SUCCEEDED' })
    await customer.until(id, 'running')
    expect(await claimOf(admin, id)).toBe(claim)
  })

  test('a lost volume is told, and no empty one takes its place', async () => {
    const { admin } = stage.cluster
    const id = await running()
    await change(id, 'cancel')
    await admin.delete(refTo(id, 'PersistentVolumeClaim', 'data'))
    await eventually(async () => (await objectsOf(admin, id, 'PersistentVolumeClaim')).length === 0)
    const operation = await change(id, 'reactivate')
    expect(operation).toMatchObject({ kind: 'REACTIVATE', state: 'FAILED' })
    expect(operation.cause).toContain('"data" is gone')
    expect(operation.nextAction).toContain('backup')
    const { conditions, status } = await customer.subscription(id)
    expect(status).toBe('failed')
    expect(conditions).toContainEqual(
      expect.objectContaining({ type: 'Degraded', status: 'True', reason: 'VolumeLost' }),
    )
    // A later pass, woken by what it repairs, makes none either.
    await millisecondsUntilBack(admin, refTo(id, 'Service', 'redis'))
    expect(await objectsOf(admin, id, 'PersistentVolumeClaim')).toEqual([])
    expect(await objectsOf(admin, id, 'Pod')).toEqual([])
    await change(id, 'cancel')
    await purge(id)
    await customer.until(id, 'deleted')
  })

  test('a volume that somebody replaced by another one of its name is not taken for it', async () => {
    const { admin } = stage.cluster
    const id = await running()
    await change(id, 'cancel')
    const ref = refTo(id, 'PersistentVolumeClaim', 'data')
    const claim = await admin.get(ref)
    await admin.delete(ref)
    await eventually(async () => (await objectsOf(admin, id, 'PersistentVolumeClaim')).length === 0)
    const { volumeName: _old, ...spec } = claim?.['spec'] as Record<string, unknown>
    const { name, namespace, labels } = claim?.metadata ?? { name: '' }
    await admin.apply({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, ...(namespace !== undefined && { namespace }), ...(labels && { labels }) },
      spec,
    })
    expect(await change(id, 'reactivate')).toMatchObject({ state: 'FAILED' })
    expect(await objectsOf(admin, id, 'Pod')).toEqual([])
  })

  test('a purged one leaves nothing: no namespace, no volume, no secret, no reservation', async () => {
    const id = await running()
    await change(id, 'cancel')
    await purge(id)
    expect(await customer.settled(id)).toMatchObject({ kind: 'PURGE', state: 'SUCCEEDED', step: 'Deleted' })
    expect(await customer.subscription(id)).toMatchObject({ status: 'deleted', entitlement: 'TERMINATED' })
    expect(await isGone(stage.cluster.admin, id)).toBe(true)
    const { prisma } = stage.database
    const subscriptionId = uuidOf(id)
    expect(await prisma.generatedSecret.count({ where: { subscriptionId } })).toBe(0)
    expect(await prisma.pod.count({ where: { subscriptionId } })).toBe(0)
    const reservation = await prisma.reservation.findUnique({ where: { subscriptionId } })
    expect(reservation?.releasedAt).not.toBeNull()
    const { status, body } = await customer.ask('GET', `/subscriptions/${id}/credentials`)
    expect({ status, body }).toMatchObject({ status: 409, body: { code: 'SUBSCRIPTION_ENDED' } })
  })

  test('one that never got ready ends at once when it is canceled, and is never kept', async () => {
    const id = await customer.order({ service: 'postgres', plan: 'nano' })
    await customer.must('POST', `/subscriptions/${id}/cancel`)
    expect(await customer.settled(id)).toMatchObject({ kind: 'CANCEL', state: 'SUCCEEDED' })
    expect(await customer.subscription(id)).toMatchObject({ status: 'deleted', entitlement: 'TERMINATED' })
    expect(await isGone(stage.cluster.admin, id)).toBe(true)
  })

  test('a namespace that a foreign finalizer holds says which one, and ends when it lets go', async () => {
    const { admin } = stage.cluster
    const id = await running()
    await change(id, 'cancel')
    const holder = { apiVersion: 'v1', kind: 'ConfigMap', name: 'held', namespace: namespaceFor(id) }
    await admin.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'held', namespace: holder.namespace, finalizers: ['example.org/hold'] },
    })
    await purge(id)
    const held = await eventually(
      async () => {
        const { operation, status } = await customer.subscription(id)
        expect(operation?.cause).toContain('example.org/hold')
        return { operation, status }
      },
      { deadlineMs: 60_000 },
    )
    expect(held).toMatchObject({ status: 'deleting', operation: { state: 'RUNNING' } })
    await admin.patch(holder, { metadata: { finalizers: null } })
    expect(await customer.settled(id)).toMatchObject({ kind: 'PURGE', state: 'SUCCEEDED', cause: null })
    expect(await isGone(admin, id)).toBe(true)
  })
})
