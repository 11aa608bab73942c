import { randomUUID } from 'node:crypto'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KubeObject, ObjectRef } from '../server/kube/object.ts'
import { kubernetesTargets, type TestCluster } from '../server/test/kubernetes.ts'

const podSecurity = 'pod-security.kubernetes.io/enforce'
const namespaceOf = (name: string, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels },
})
const restricted = { [podSecurity]: 'restricted' }
const secret = (namespace: string, name = 'victim'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  stringData: { password: 'not for Berth' },
})
const deployment = (namespace: string): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'busybox:1.36' }] } },
  },
})
const forbidden = { kind: 'forbidden' }

/** The simulator has no authorizer and runs no policies: what the account may not do shows on a real API server. */
const real = kubernetesTargets().filter(({ name }) => name === 'real cluster')

describe.each(real)('the account of Berth on the $name', ({ start }) => {
  let cluster: TestCluster
  let own: string
  /** Somebody's namespace that only looks like one of Berth's. */
  const foreign = `foreign-${randomUUID().slice(0, 8)}`
  beforeAll(async () => {
    cluster = await start()
    own = await cluster.createNamespace()
    await cluster.admin.apply(namespaceOf(foreign, { ...restricted, 'app.kubernetes.io/managed-by': 'berth' }))
    await cluster.admin.apply(secret(foreign))
  })
  afterAll(async () => {
    await cluster.admin.delete({ apiVersion: 'v1', kind: 'Namespace', name: foreign })
    await cluster.stop()
  })

  test('cannot read a secret: not in kube-system, not of a tenant, not through a list', async () => {
    const kind = { apiVersion: 'v1', kind: 'Secret' }
    await expect(cluster.client.list(kind)).rejects.toMatchObject(forbidden)
    for (const namespace of ['kube-system', 'berth-system', foreign, own]) {
      await expect(cluster.client.list(kind, { namespace })).rejects.toMatchObject(forbidden)
      await expect(cluster.client.get({ ...kind, name: 'victim', namespace })).rejects.toMatchObject(forbidden)
    }
  })

  test('cannot read a secret by a write that changes nothing and answers with the object', async () => {
    const ref: ObjectRef = { apiVersion: 'v1', kind: 'Secret', name: 'victim', namespace: foreign }
    const empty = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'victim', namespace: foreign } }
    await expect(cluster.client.patch(ref, {})).rejects.toMatchObject(forbidden)
    await expect(cluster.client.apply(empty)).rejects.toMatchObject(forbidden)
    await expect(cluster.client.apply(empty, { dryRun: true })).rejects.toMatchObject(forbidden)
    await expect(cluster.client.delete(ref)).rejects.toMatchObject(forbidden)
    expect(await cluster.admin.get(ref)).toBeDefined()
  })

  test('cannot write in namespaces that are not its own, whatever their labels', async () => {
    for (const namespace of ['default', 'kube-system', 'berth-system', foreign]) {
      await expect(cluster.client.apply(deployment(namespace))).rejects.toMatchObject(forbidden)
      await expect(cluster.client.apply(secret(namespace, 'planted'))).rejects.toMatchObject(forbidden)
    }
  })

  test('cannot delete what is not its own', async () => {
    const { items } = await cluster.admin.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace: 'kube-system' })
    const [pod] = items
    if (!pod) throw new Error('kube-system has no pod to try this on.')
    const ref = { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, namespace: 'kube-system' }
    await expect(cluster.client.delete(ref)).rejects.toMatchObject(forbidden)
    await expect(cluster.client.delete({ apiVersion: 'v1', kind: 'Namespace', name: foreign })).rejects.toMatchObject(
      forbidden,
    )
  })

  test('cannot make namespaces of other names, nor its own without Pod Security, nor take that away later', async () => {
    for (const name of ['mine', 'berth-x', `berth-${randomUUID()}-x`, 'berth-system-2']) {
      await expect(cluster.client.apply(namespaceOf(name, restricted))).rejects.toMatchObject(forbidden)
    }
    const name = `berth-${randomUUID()}`
    await expect(cluster.client.apply(namespaceOf(name))).rejects.toMatchObject(forbidden)
    await expect(cluster.client.apply(namespaceOf(name, { [podSecurity]: 'privileged' }))).rejects.toMatchObject(
      forbidden,
    )
    await expect(cluster.client.apply(namespaceOf(own))).rejects.toMatchObject(forbidden)
  })

  test('cannot widen its own rights', async () => {
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'berth-system' } }
    await expect(cluster.client.apply({ ...role, rules: [] })).rejects.toMatchObject(forbidden)
    await expect(
      cluster.client.delete({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        name: 'berth-system',
      }),
    ).rejects.toMatchObject(forbidden)
  })

  test('may cordon, label and taint a node, and change nothing else of it', async () => {
    const [node] = (await cluster.client.list({ apiVersion: 'v1', kind: 'Node' })).items
    if (!node) throw new Error('The cluster has no node.')
    const ref = { apiVersion: 'v1', kind: 'Node', name: node.metadata.name }
    const label = `berth.dev/test-${randomUUID().slice(0, 8)}`
    await cluster.client.patch(ref, { metadata: { labels: { [label]: 'yes' } } })
    await cluster.client.patch(ref, { metadata: { labels: { [label]: null } } })
    await expect(cluster.client.patch(ref, { metadata: { annotations: { [label]: 'yes' } } })).rejects.toMatchObject(
      forbidden,
    )
    await expect(cluster.client.patch(ref, { metadata: { finalizers: [label] } })).rejects.toMatchObject(forbidden)
    await expect(cluster.client.patch(ref, { status: {} }, { subresource: 'status' })).rejects.toMatchObject(forbidden)
  })

  test('can do its whole work in a namespace of its own', async () => {
    const at = (apiVersion: string, kind: string, fields: object): KubeObject => ({
      apiVersion,
      kind,
      metadata: { name: 'web', namespace: own },
      ...fields,
    })
    const selector = { matchLabels: { app: 'web' } }
    const template = {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'busybox:1.36' }] },
    }
    const objects = [
      at('v1', 'ResourceQuota', { spec: { hard: { pods: '5' } } }),
      at('v1', 'LimitRange', { spec: { limits: [{ type: 'Container', default: { memory: '64Mi' } }] } }),
      at('networking.k8s.io/v1', 'NetworkPolicy', { spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] } }),
      at('v1', 'ServiceAccount', { automountServiceAccountToken: false }),
      at('v1', 'Secret', { stringData: { password: 'generated' } }),
      at('v1', 'ConfigMap', { data: { key: 'value' } }),
      at('v1', 'PersistentVolumeClaim', {
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
      }),
      at('v1', 'Service', { spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } }),
      at('apps/v1', 'Deployment', { spec: { replicas: 0, selector, template } }),
      at('apps/v1', 'StatefulSet', { spec: { replicas: 0, serviceName: 'web', selector, template } }),
      at('batch/v1', 'Job', {
        spec: { suspend: true, template: { spec: { ...template.spec, restartPolicy: 'Never' } } },
      }),
      at('networking.k8s.io/v1', 'Ingress', {
        spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
      }),
      at('policy/v1', 'PodDisruptionBudget', { spec: { maxUnavailable: 1, selector } }),
    ]
    for (const object of objects) {
      await cluster.client.apply(object)
      await cluster.client.apply(object)
      const { apiVersion, kind } = object
      if (kind !== 'Secret') await cluster.client.list({ apiVersion, kind }, { labelSelector: 'app=web' })
    }
    for (const { apiVersion, kind } of objects) {
      expect(await cluster.client.delete({ apiVersion, kind, name: 'web', namespace: own })).toBe(true)
    }
  })

  test('can see what it must observe', async () => {
    for (const [apiVersion, kind] of [
      ['v1', 'Pod'],
      ['v1', 'Event'],
      ['v1', 'Node'],
      ['v1', 'PersistentVolume'],
      ['apps/v1', 'ReplicaSet'],
      ['discovery.k8s.io/v1', 'EndpointSlice'],
      ['storage.k8s.io/v1', 'StorageClass'],
      ['networking.k8s.io/v1', 'IngressClass'],
    ] as const) {
      await cluster.client.list({ apiVersion, kind })
    }
    await cluster.client.list({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' }, { namespace: 'kube-node-lease' })
  })
})

describe('npm run deploy:rights', () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-rights-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const run = (...options: string[]) =>
    promisify(execFile)(process.execPath, [join(import.meta.dirname, 'rights.ts'), ...options], {
      env: { ...process.env, KUBECONFIG: '' },
    })

  test('says how it is used, and answers a wrong file with one sentence', async () => {
    expect((await run('--help')).stdout).toContain('--kubeconfig FILE')
    await expect(run()).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Which cluster\?.*\n$/) as unknown,
    })
    await expect(run('--kubeconfig', join(folder, 'absent'))).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^The kubeconfig .*absent cannot be used: .*\n$/) as unknown,
    })
    await expect(run('--kubeconfig', 'x', '--namespace', 'Not:A Name')).rejects.toMatchObject({
      stderr: expect.stringContaining('cannot name a namespace') as unknown,
    })
  })
})

describe.each(kubernetesTargets())('the kubeconfig that it writes on the $name', ({ start }) => {
  test('works, and nobody else on the machine can read it', async () => {
    const cluster = await start()
    expect(statSync(cluster.kubeconfigFile).mode & 0o777).toBe(0o600)
    expect(await cluster.client.identity()).toBe(await cluster.admin.identity())
    await cluster.stop()
  })
})
