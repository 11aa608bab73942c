import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KubeObject } from '../../kube/object.ts'
import { eventually } from '../eventually.ts'
import { kubernetesTargets } from '../kubernetes.ts'
import type { Berth } from './berth.ts'
import { signUp, type Customer } from './customer.ts'
import { millisecondsUntilBack, namespaceFor, objectsOf, onlyOne, refTo, repairMilliseconds } from './objects.ts'
import { setStage, startOn, type Stage } from './stage.ts'

describe.each(kubernetesTargets())(
  'what somebody changes behind our back, on the $name',
  { timeout: 180_000 },
  ({ name, start }) => {
    let stage: Stage
    let berth: Berth
    let customer: Customer
    let id: string
    beforeAll(async () => {
      stage = await setStage(start)
      berth = await startOn(stage)
      customer = await signUp(berth)
      id = await customer.order()
      await customer.until(id, 'running')
    })
    afterAll(async () => {
      await berth?.stop()
      await stage?.strike()
    })
    const told = (what: string, milliseconds: number) =>
      process.stdout.write(`${name}: ${what} after ${Math.round(milliseconds)} ms\n`)

    test.for([
      ['Service', 'redis'],
      ['StatefulSet', 'redis'],
      ['NetworkPolicy', 'default-deny'],
      ['ResourceQuota', 'plan'],
      ['LimitRange', 'defaults'],
    ] as const)('a deleted %s is back within seconds', async ([kind, object]) => {
      const milliseconds = await millisecondsUntilBack(stage.cluster.admin, refTo(id, kind, object), repairMilliseconds)
      told(`a deleted ${kind} is back`, milliseconds)
      await customer.until(id, 'running')
    })

    test('a deleted workload comes back on the same volume', async () => {
      const before = await onlyOne(stage.cluster.admin, id, 'PersistentVolumeClaim')
      await millisecondsUntilBack(stage.cluster.admin, refTo(id, 'StatefulSet', 'redis'), repairMilliseconds)
      await customer.until(id, 'running')
      const after = await onlyOne(stage.cluster.admin, id, 'PersistentVolumeClaim')
      expect(after.metadata.uid).toBe(before.metadata.uid)
    })

    const mends = async (
      what: string,
      ref: ReturnType<typeof refTo>,
      patch: object,
      seen: (now: KubeObject) => unknown,
    ) => {
      const { admin } = stage.cluster
      const before = await admin.get(ref)
      if (!before) throw new Error(`there is no ${ref.kind} ${ref.name}`)
      const wanted = JSON.stringify(seen(before))
      const changed = await admin.patch(ref, patch)
      expect(JSON.stringify(seen(changed))).not.toBe(wanted)
      const started = performance.now()
      await eventually(
        async () => {
          const now = await admin.get(ref)
          const is = JSON.stringify(now && seen(now))
          if (is === wanted) return true
          throw new Error(`it is ${is} and should be ${wanted}`)
        },
        { deadlineMs: repairMilliseconds },
      )
      told(what, performance.now() - started)
    }
    const specOf = (object: KubeObject) => object['spec'] as Record<string, unknown>

    test('a changed port of a Service is put right', async () => {
      const ref = refTo(id, 'Service', 'redis')
      const [port] = specOf(await onlyOne(stage.cluster.admin, id, 'Service'))['ports'] as object[]
      const ports = [{ ...port, port: 6380 }]
      await mends('a changed port is right', ref, { spec: { ports } }, (service) => specOf(service)['ports'])
    })

    test('a StatefulSet that was scaled by hand goes back to its replicas', async () => {
      const ref = refTo(id, 'StatefulSet', 'redis')
      await mends('replicas are right', ref, { spec: { replicas: 3 } }, (set) => specOf(set)['replicas'])
      await customer.until(id, 'running')
    })

    test('an opened quota is closed again', async () => {
      const ref = refTo(id, 'ResourceQuota', 'plan')
      await mends('the quota is right', ref, { spec: { hard: { pods: '500' } } }, (quota) => specOf(quota)['hard'])
    })

    test('labels by which we know our own cannot be taken away', async () => {
      const ref = refTo(id, 'Service', 'redis')
      const labels = { 'app.kubernetes.io/managed-by': null, 'berth.dev/installation': null }
      await mends('labels are back', ref, { metadata: { labels } }, ({ metadata }) =>
        Object.entries(metadata.labels ?? {}).sort(),
      )
    })

    test('a foreign network policy, which would open what ours close, is removed', async () => {
      const { admin } = stage.cluster
      const namespace = namespaceFor(id)
      const policy = {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'let-everybody-in', namespace },
        spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{}] },
      }
      await admin.apply(policy)
      const started = performance.now()
      await eventually(async () => !(await admin.get(refTo(id, 'NetworkPolicy', 'let-everybody-in'))), {
        deadlineMs: repairMilliseconds,
      })
      told('a foreign policy is gone', performance.now() - started)
    })

    test('a killed pod is replaced', async () => {
      const milliseconds = await millisecondsUntilBack(stage.cluster.admin, refTo(id, 'Pod', 'redis-0'), 60_000)
      told('a killed pod is back', milliseconds)
      await customer.until(id, 'running')
    })

    test('a restart rolls the pods and keeps the volume', async () => {
      const { admin } = stage.cluster
      const [pod, claim] = [await onlyOne(admin, id, 'Pod'), await onlyOne(admin, id, 'PersistentVolumeClaim')]
      await customer.must('POST', `/subscriptions/${id}/restart`)
      expect(await customer.settled(id)).toMatchObject({ kind: 'RESTART', state: 'SUCCEEDED' })
      expect((await onlyOne(admin, id, 'Pod')).metadata.uid).not.toBe(pod.metadata.uid)
      expect((await onlyOne(admin, id, 'PersistentVolumeClaim')).metadata.uid).toBe(claim.metadata.uid)
    })

    test('a StatefulSet that was made anew with another selector is replaced, and its volume is not', async () => {
      const { admin } = stage.cluster
      const ref = refTo(id, 'StatefulSet', 'redis')
      const [set, claim] = [await admin.get(ref), await onlyOne(admin, id, 'PersistentVolumeClaim')]
      if (!set) throw new Error('there is no StatefulSet')
      // Berth may be quicker than who makes it anew: then it is deleted again.
      const foreign = await eventually(async () => {
        await admin.delete(ref, { propagation: 'Background' })
        return admin.apply(foreignSet(set), { force: false }).catch(() => undefined)
      })
      expect(specOf(foreign)['serviceName']).toBe('somebody-elses')
      await eventually(
        async () => {
          const now = await admin.get(ref)
          if (now && specOf(now)['serviceName'] === 'redis' && !now.metadata.deletionTimestamp) return true
          throw new Error(`it is ${JSON.stringify(now?.metadata)}`)
        },
        { deadlineMs: 60_000 },
      )
      await customer.until(id, 'running')
      expect((await admin.get(ref))?.['spec']).toMatchObject({ selector: specOf(set)['selector'] as object })
      expect((await onlyOne(admin, id, 'PersistentVolumeClaim')).metadata.uid).toBe(claim.metadata.uid)
      expect(await objectsOf(admin, id, 'Pod')).toHaveLength(1)
    })
  },
)

/** As somebody would write it who knows the pod and not Berth's labels. */
function foreignSet({ apiVersion, kind, metadata: { name, namespace }, ...rest }: KubeObject): KubeObject {
  const labels = { 'made-by': 'hand' }
  const spec = rest['spec'] as { template: { spec: object } }
  return {
    apiVersion,
    kind,
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    spec: {
      replicas: 1,
      serviceName: 'somebody-elses',
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: spec.template.spec },
    },
  }
}

describe.each(kubernetesTargets())('what no event tells of, on the $name', { timeout: 120_000 }, ({ start }) => {
  const resyncSeconds = 5
  test('a Secret that was deleted or changed is put right by the resync, and nothing else is counted as missed', async () => {
    const stage = await setStage(start)
    const berth = await startOn(stage, stage.cluster.kubeconfigFile, { BERTH_RESYNC_SECONDS: String(resyncSeconds) })
    try {
      const { admin } = stage.cluster
      const customer = await signUp(berth)
      const id = await customer.order({ service: 'redis', plan: 'small' })
      await customer.until(id, 'running')
      const secret = await onlyOne(admin, id, 'Secret')
      const ref = refTo(id, 'Secret', secret.metadata.name)
      const [key = ''] = Object.keys(secret['data'] as object)
      const mischief = [
        () => admin.delete(ref),
        () => admin.patch(ref, { data: { [key]: Buffer.from('stolen').toString('base64') } }),
      ]
      const missed = async () => {
        const metrics = await (await fetch(`${berth.url()}/metrics`)).text()
        return Number(/^berth_reconcile_missed_drift_total (\d+)/m.exec(metrics)?.[1])
      }
      for (const [before, doIt] of mischief.entries()) {
        await doIt()
        expect((await admin.get(ref))?.['data']).not.toEqual(secret['data'])
        await eventually(
          async () => {
            expect((await admin.get(ref))?.['data']).toEqual(secret['data'])
            return true
          },
          { deadlineMs: resyncSeconds * 1_000 + repairMilliseconds },
        )
        // Counted at the end of the pass, which has more to apply than the Secret.
        await eventually(async () => (await missed()) === before + 1, { deadlineMs: repairMilliseconds })
      }
      await customer.until(id, 'running')
    } finally {
      await berth.stop()
      await stage.strike()
    }
  })
})
