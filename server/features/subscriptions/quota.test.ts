import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { KubeObject } from '../../kube/object.ts'
import { kubernetesTargets, until, type TestCluster } from '../../test/kubernetes.ts'
import { isApplied, type Applied } from './applied.ts'
import { applyObjects } from './apply.ts'
import { recountQuotas } from './quota.ts'

describe.each(kubernetesTargets())('a quota that refuses what fits, on the $name', ({ start }) => {
  let cluster: TestCluster
  beforeAll(async () => {
    cluster = await start()
  })
  afterAll(() => cluster.stop())

  let quota: KubeObject
  let service: KubeObject
  let applied: Applied
  beforeEach(async () => {
    const namespace = await cluster.createNamespace()
    quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'plan', namespace },
      spec: { hard: { services: '1' } },
    }
    service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace },
      spec: { selector: { app: 'web' }, ports: [{ name: 'web', port: 80 }] },
    }
    applied = { objects: new Map() }
    expect((await apply([quota])).refusals).toEqual([])
    await counted()
  })
  const refOfQuota = () => ({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    name: 'plan',
    namespace: quota.metadata.namespace ?? '',
  })
  const stored = async () => {
    const found = await cluster.admin.get(refOfQuota())
    if (!found) throw new Error('there is no quota')
    return found
  }
  /** Before it has counted once, a quota refuses everything. */
  const counted = () =>
    until('the quota counts', async () => (await stored().then(({ status }) => status as { used?: object }))?.used)
  const apply = (objects: readonly KubeObject[]) =>
    applyObjects(objects, { client: cluster.client, applied, assertStillOurs: () => {} })

  test('is made anew, as it is wanted, and then lets it in', async () => {
    const before = (await stored()).metadata.uid
    // What a request that was cut in half leaves: no room, although nothing is there.
    await cluster.admin.patch(refOfQuota(), { spec: { hard: { services: '0' } } })
    const refused = await until('it refuses', async () => {
      const result = await apply([service])
      return result.refusals.length > 0 ? result : undefined
    })
    expect(refused.refusals).toEqual([
      { object: 'Service/web', why: expect.stringContaining('exceeded quota: plan') as string },
    ])
    await recountQuotas(cluster.client, [quota, service], refused, applied)
    const after = await stored()
    expect(after.metadata.uid).not.toBe(before)
    expect(after['spec']).toMatchObject({ hard: { services: '1' } })
    expect(isApplied(applied, [quota])).toBe(true)
    await counted()
    expect((await apply([service])).refusals).toEqual([])
  })

  test('stays as it is where nothing was refused, or not by a quota', async () => {
    const before = (await stored()).metadata.uid
    const wrong = { ...service, spec: { ports: [{ name: 'web', port: 0 }] } }
    for (const each of [wrong, service]) {
      const result = await apply([each])
      expect(result.refusals).toHaveLength(each === wrong ? 1 : 0)
      await recountQuotas(cluster.client, [quota, each], result, applied)
    }
    expect((await stored()).metadata.uid).toBe(before)
  })
})
