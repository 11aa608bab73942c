import { describe, expect, test } from 'vitest'
import { createLocalApi } from '../api/local.ts'
import { createOperations } from '../api/operations.ts'
import { createDrivenClock } from '../clock.ts'
import { asObject, at } from '../json.ts'
import { resourceOf } from '../registry/resources.ts'
import { createStore } from '../store.ts'
import { type Api } from '../types.ts'
import { createAdmission } from './admission.ts'
import { usageOf } from './quota-usage.ts'

type Cluster = { api: Api; warnings(resource: string, object: object): string[] }

function newCluster(labels: Record<string, string> = {}): Cluster {
  const store = createStore()
  const clock = createDrivenClock()
  const operations = createOperations({ store, clock, admission: createAdmission(store) })
  const api = createLocalApi(store, clock, operations)
  api.create('namespaces', { metadata: { name: 'x', labels } })
  return {
    api,
    warnings(resource, object) {
      const options = { dryRun: true, fieldValidation: 'Ignore' as const, force: false, warnings: [] as string[] }
      operations.create(resourceOf(resource), 'x', { ...object }, options)
      return options.warnings
    },
  }
}

const resources = (cpu: string, memory = '64Mi'): object => ({ requests: { cpu, memory }, limits: { cpu, memory } })

const pod = (name: string, container: object = {}, spec: object = {}): object => ({
  metadata: { name, namespace: 'x' },
  spec: { containers: [{ name: 'main', image: 'busybox:1.36', ...container }], ...spec },
})

const safe = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
}

describe('Pod Security', () => {
  test.each<[string, object, object, string | undefined]>([
    ['nothing but what is asked', { securityContext: safe }, {}, undefined],
    [
      'no security context at all',
      {},
      {},
      'allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    ],
    [
      'a host path',
      { securityContext: safe },
      { volumes: [{ name: 'v', hostPath: { path: '/' } }] },
      'hostPath volumes (volume "v"), restricted volume types (volume "v" uses restricted volume type "hostPath")',
    ],
    ['the host network', { securityContext: safe }, { hostNetwork: true }, 'host namespaces (hostNetwork=true)'],
    [
      'root',
      { securityContext: { ...safe, runAsUser: 0 } },
      {},
      'runAsUser=0 (container "main" must not set runAsUser=0)',
    ],
    [
      'privileged',
      { securityContext: { ...safe, privileged: true } },
      {},
      'privileged (container "main" must not set securityContext.privileged=true)',
    ],
    [
      'a capability',
      { securityContext: { ...safe, capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } } },
      {},
      'unrestricted capabilities (container "main" must not include "SYS_ADMIN" in securityContext.capabilities.add)',
    ],
    [
      'a host port',
      { securityContext: safe, ports: [{ containerPort: 80, hostPort: 80 }] },
      {},
      'hostPort (container "main" uses hostPort 80)',
    ],
  ])('restricted, %s', (_what, container, spec, expected) => {
    const { api } = newCluster({ 'pod-security.kubernetes.io/enforce': 'restricted' })
    const create = (): unknown => api.create('pods', pod('a', container, spec))
    if (expected === undefined) expect(create).not.toThrow()
    else expect(create).toThrow(`pods "a" is forbidden: violates PodSecurity "restricted:latest": ${expected}`)
  })

  test('a workload below the warn level is stored with a warning', () => {
    const cluster = newCluster({ 'pod-security.kubernetes.io/warn': 'baseline' })
    const labels = { app: 'a' }
    const template = { metadata: { labels }, spec: { hostNetwork: true, containers: [{ name: 'main', image: 'x' }] } }
    const deployment = { metadata: { name: 'a' }, spec: { selector: { matchLabels: labels }, template } }
    expect(cluster.warnings('deployments.apps', deployment)).toEqual([
      'would violate PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
    ])
  })
})

describe('ResourceQuota', () => {
  const quota = (hard: Record<string, string>): object => ({ metadata: { name: 'q', namespace: 'x' }, spec: { hard } })

  test('creations beyond the quota are refused, however quickly they follow', () => {
    const { api } = newCluster()
    api.create('resourcequotas', quota({ 'requests.cpu': '1', pods: '10' }))
    for (const name of ['a', 'b']) api.create('pods', pod(name, { resources: resources('400m') }))
    expect(() => api.create('pods', pod('c', { resources: resources('400m') }))).toThrow(
      'pods "c" is forbidden: exceeded quota: q, requested: requests.cpu=400m, used: requests.cpu=800m, limited: requests.cpu=1',
    )
    expect(usageOf(api, 'x')).toMatchObject({ pods: '2', 'requests.cpu': '800m', 'limits.memory': '128Mi' })
  })

  test('a pod that does not say what is bounded is refused', () => {
    const { api } = newCluster()
    api.create('resourcequotas', quota({ 'limits.memory': '1Gi', 'requests.cpu': '1' }))
    expect(() => api.create('pods', pod('a'))).toThrow(
      'pods "a" is forbidden: failed quota: q: must specify limits.memory for: main; requests.cpu for: main',
    )
  })

  test('a pod that has ended gives back what it held', () => {
    const { api } = newCluster()
    api.create('resourcequotas', quota({ pods: '1' }))
    const ended = api.create('pods', pod('a'))
    api.updateStatus('pods', { ...ended, status: { phase: 'Succeeded' } })
    expect(() => api.create('pods', pod('b'))).not.toThrow()
  })

  test('claims are counted by number and by size, services by type', () => {
    const { api } = newCluster()
    api.create(
      'resourcequotas',
      quota({ 'requests.storage': '5Gi', 'services.nodeports': '0', 'count/configmaps': '1' }),
    )
    const claim = (name: string, storage: string): object => ({
      metadata: { name, namespace: 'x' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
    })
    api.create('persistentvolumeclaims', claim('a', '3Gi'))
    expect(() => api.create('persistentvolumeclaims', claim('b', '3Gi'))).toThrow(
      'requested: requests.storage=3Gi, used: requests.storage=3Gi',
    )
    const service = { metadata: { name: 's', namespace: 'x' }, spec: { type: 'NodePort', ports: [{ port: 1 }] } }
    expect(() => api.create('services', service)).toThrow('services.nodeports=1')
    api.create('configmaps', { metadata: { name: 'a', namespace: 'x' } })
    expect(() => api.create('configmaps', { metadata: { name: 'b', namespace: 'x' } })).toThrow('count/configmaps=1')
  })
})

describe('LimitRange', () => {
  test('gives defaults, and holds pods to its bounds', () => {
    const { api } = newCluster()
    api.create('limitranges', {
      metadata: { name: 'l', namespace: 'x' },
      spec: {
        limits: [{ type: 'Container', default: { cpu: '200m' }, defaultRequest: { cpu: '100m' }, max: { cpu: '1' } }],
      },
    })
    const made = api.create('pods', pod('a'))
    expect(at(made, 'spec', 'containers', '0')).toBeUndefined()
    expect((at(made, 'spec', 'containers') as { resources: unknown }[])[0]?.resources).toEqual({
      limits: { cpu: '200m' },
      requests: { cpu: '100m' },
    })
    expect(() => api.create('pods', pod('b', { resources: resources('2') }))).toThrow(
      'pods "b" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
    )
  })
})

test('a claim grows only when it is bound and its class allows it', () => {
  const { api } = newCluster()
  api.create('storageclasses.storage.k8s.io', { metadata: { name: 'fixed' }, provisioner: 'x' })
  const claim = (storage: string): object => ({
    metadata: { name: 'a', namespace: 'x' },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'fixed', resources: { requests: { storage } } },
  })
  const made = api.create('persistentvolumeclaims', claim('1Gi'))
  expect(made.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection'])
  const bound = api.updateStatus('persistentvolumeclaims', { ...made, status: { phase: 'Bound' } })
  const grown = { ...bound, spec: { ...asObject(bound.spec), resources: { requests: { storage: '2Gi' } } } }
  expect(() => api.update('persistentvolumeclaims', grown)).toThrow(
    'the storageclass that provisions the pvc must support resize',
  )
})
