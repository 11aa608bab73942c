import { expect } from 'vitest'
import { contract } from './cluster.ts'
import { type Body } from './http.ts'
import { type Fields, claim, configMap, container, deployment, job, pod, service, statefulSet } from './objects.ts'
import { at, expectStatus } from './observe.ts'

type Refusal = [what: string, resource: string, body: object, field: string, reason: string]

const withContainer = (fields: Fields) => pod('one', { containers: [container(fields)] })
const probe = { httpGet: { path: '/', port: 80 } }
const policy = (spec: Fields) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'one' },
  spec: { podSelector: {}, ...spec },
})
const budget = (spec: Fields) => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'one' },
  spec,
})
const ingress = (spec: Fields) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'one' },
  spec,
})
const backend = { service: { name: 'one', port: { number: 80 } } }
const rule = (fields: Fields) =>
  ingress({ rules: [{ host: 'a.example', http: { paths: [{ path: '/', pathType: 'Prefix', backend, ...fields }] } }] })

/** Objects with one thing wrong, and where the server says that it is. */
const refusals: Refusal[] = [
  ['a name in capitals', 'configmaps', configMap('Upper'), 'metadata.name', 'FieldValueInvalid'],
  ['a name that is too long', 'configmaps', configMap('x'.repeat(254)), 'metadata.name', 'FieldValueInvalid'],
  ['a service name that starts with a digit', 'services', service('1st'), 'metadata.name', 'FieldValueInvalid'],
  ['a service name with a dot', 'services', service('a.b'), 'metadata.name', 'FieldValueInvalid'],
  [
    'a label key with a space',
    'configmaps',
    configMap('one', {}, { labels: { 'a b': '' } }),
    'metadata.labels',
    'FieldValueInvalid',
  ],
  [
    'a label value that is too long',
    'configmaps',
    configMap('one', {}, { labels: { a: 'x'.repeat(64) } }),
    'metadata.labels',
    'FieldValueInvalid',
  ],
  [
    'an annotation key without a name',
    'configmaps',
    configMap('one', {}, { annotations: { 'a/': '' } }),
    'metadata.annotations',
    'FieldValueInvalid',
  ],
  [
    'annotations that are too big',
    'configmaps',
    configMap('one', {}, { annotations: { a: 'x'.repeat(262_145) } }),
    'metadata.annotations',
    'FieldValueTooLong',
  ],
  ['a config key with a slash', 'configmaps', configMap('one', { 'a/b': '' }), 'data[a/b]', 'FieldValueInvalid'],
  [
    'a config map that is too big',
    'configmaps',
    configMap('one', { a: 'x'.repeat(1_048_577) }),
    '',
    'FieldValueTooLong',
  ],
  ['a pod without containers', 'pods', pod('one', { containers: [] }), 'spec.containers', 'FieldValueRequired'],
  [
    'a container without a name',
    'pods',
    withContainer({ name: undefined }),
    'spec.containers[0].name',
    'FieldValueRequired',
  ],
  [
    'a container name with a dot',
    'pods',
    withContainer({ name: 'a.b' }),
    'spec.containers[0].name',
    'FieldValueInvalid',
  ],
  [
    'a container without an image',
    'pods',
    withContainer({ image: undefined }),
    'spec.containers[0].image',
    'FieldValueRequired',
  ],
  [
    'two containers of one name',
    'pods',
    pod('one', { containers: [container(), container()] }),
    'spec.containers[1].name',
    'FieldValueDuplicate',
  ],
  [
    'a port beyond the last',
    'pods',
    withContainer({ ports: [{ containerPort: 70_000 }] }),
    'spec.containers[0].ports[0].containerPort',
    'FieldValueInvalid',
  ],
  [
    'a protocol of its own',
    'pods',
    withContainer({ ports: [{ containerPort: 80, protocol: 'HTTP' }] }),
    'spec.containers[0].ports[0].protocol',
    'FieldValueNotSupported',
  ],
  [
    'a request above its limit',
    'pods',
    withContainer({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
    'spec.containers[0].resources.requests',
    'FieldValueInvalid',
  ],
  [
    'a resource that is unknown',
    'pods',
    withContainer({ resources: { requests: { gold: '1' } } }),
    'spec.containers[0].resources.requests[gold]',
    'FieldValueInvalid',
  ],
  [
    'a negative amount',
    'pods',
    withContainer({ resources: { requests: { cpu: '-1' } } }),
    'spec.containers[0].resources.requests[cpu]',
    'FieldValueInvalid',
  ],
  [
    'an unknown restart policy',
    'pods',
    pod('one', { restartPolicy: 'Sometimes' }),
    'spec.restartPolicy',
    'FieldValueNotSupported',
  ],
  [
    'a variable name with an equals sign',
    'pods',
    withContainer({ env: [{ name: 'A=B', value: '' }] }),
    'spec.containers[0].env[0].name',
    'FieldValueInvalid',
  ],
  [
    'a mount of no volume',
    'pods',
    withContainer({ volumeMounts: [{ name: 'no', mountPath: '/x' }] }),
    'spec.containers[0].volumeMounts[0].name',
    'FieldValueNotFound',
  ],
  [
    'a volume of two kinds',
    'pods',
    pod('one', { volumes: [{ name: 'v', emptyDir: {}, configMap: { name: 'x' } }] }),
    'spec.volumes[0].configMap',
    'FieldValueForbidden',
  ],
  [
    'two volumes of one name',
    'pods',
    pod('one', {
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 'v', emptyDir: {} },
      ],
    }),
    'spec.volumes[1].name',
    'FieldValueDuplicate',
  ],
  [
    'a probe of two kinds',
    'pods',
    withContainer({ readinessProbe: { ...probe, exec: { command: ['x'] } } }),
    'spec.containers[0].readinessProbe.httpGet',
    'FieldValueForbidden',
  ],
  [
    'a probe of no kind',
    'pods',
    withContainer({ readinessProbe: { periodSeconds: 1 } }),
    'spec.containers[0].readinessProbe',
    'FieldValueRequired',
  ],
  [
    'a liveness probe that wants two successes',
    'pods',
    withContainer({ livenessProbe: { ...probe, successThreshold: 2 } }),
    'spec.containers[0].livenessProbe.successThreshold',
    'FieldValueInvalid',
  ],
  [
    'a negative grace period',
    'pods',
    pod('one', { terminationGracePeriodSeconds: -1 }),
    'spec.terminationGracePeriodSeconds',
    'FieldValueInvalid',
  ],
  [
    'a selector that does not match the template',
    'deployments',
    deployment('one', { selector: { matchLabels: { app: 'other' } } }),
    'spec.template.metadata.labels',
    'FieldValueInvalid',
  ],
  [
    'a deployment without a selector',
    'deployments',
    deployment('one', { selector: undefined }),
    'spec.selector',
    'FieldValueRequired',
  ],
  ['an empty selector', 'deployments', deployment('one', { selector: {} }), 'spec.selector', 'FieldValueInvalid'],
  [
    'a negative number of replicas',
    'deployments',
    deployment('one', { replicas: -1 }),
    'spec.replicas',
    'FieldValueInvalid',
  ],
  [
    'a deployment that ends',
    'deployments',
    deployment('one', {}, { restartPolicy: 'Never' }),
    'spec.template.spec.restartPolicy',
    'FieldValueNotSupported',
  ],
  [
    'an unknown strategy',
    'deployments',
    deployment('one', { strategy: { type: 'Magic' } }),
    'spec.strategy.type',
    'FieldValueNotSupported',
  ],
  [
    'a rollout that can do nothing',
    'deployments',
    deployment('one', { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
    'spec.strategy.rollingUpdate.maxUnavailable',
    'FieldValueInvalid',
  ],
  [
    'a deadline that is not after readiness',
    'deployments',
    deployment('one', { progressDeadlineSeconds: 5, minReadySeconds: 5 }),
    'spec.progressDeadlineSeconds',
    'FieldValueInvalid',
  ],
  [
    'a stateful set whose selector does not match',
    'statefulsets',
    statefulSet('one', { selector: { matchLabels: { app: 'x' } } }),
    'spec.template.metadata.labels',
    'FieldValueInvalid',
  ],
  [
    'an unknown pod management policy',
    'statefulsets',
    statefulSet('one', { podManagementPolicy: 'Random' }),
    'spec.podManagementPolicy',
    'FieldValueInvalid',
  ],
  [
    'a job that restarts for ever',
    'jobs',
    job('one', 'true', {
      template: { spec: { ...(at(job('one', 'true'), 'spec.template.spec') as object), restartPolicy: 'Always' } },
    }),
    'spec.template.spec.restartPolicy',
    'FieldValueNotSupported',
  ],
  [
    'a negative backoff limit',
    'jobs',
    job('one', 'true', { backoffLimit: -1 }),
    'spec.backoffLimit',
    'FieldValueInvalid',
  ],
  [
    'an indexed job without completions',
    'jobs',
    job('one', 'true', { completionMode: 'Indexed' }),
    'spec.completions',
    'FieldValueRequired',
  ],
  ['a service without ports', 'services', service('one', { ports: [] }), 'spec.ports', 'FieldValueRequired'],
  [
    'a service port of zero',
    'services',
    service('one', { ports: [{ port: 0 }] }),
    'spec.ports[0].port',
    'FieldValueInvalid',
  ],
  [
    'two ports, of which one has no name',
    'services',
    service('one', { ports: [{ port: 80, name: 'a' }, { port: 81 }] }),
    'spec.ports[1].name',
    'FieldValueRequired',
  ],
  [
    'two service ports alike',
    'services',
    service('one', {
      ports: [
        { port: 80, name: 'a' },
        { port: 80, name: 'b' },
      ],
    }),
    'spec.ports[1]',
    'FieldValueDuplicate',
  ],
  ['an unknown service type', 'services', service('one', { type: 'Magic' }), 'spec.type', 'FieldValueNotSupported'],
  [
    'an external name that is missing',
    'services',
    service('one', { type: 'ExternalName', ports: undefined }),
    'spec.externalName',
    'FieldValueInvalid',
  ],
  [
    'a cluster address that is none',
    'services',
    service('one', { clusterIP: 'x' }),
    'spec.clusterIPs[0]',
    'FieldValueInvalid',
  ],
  [
    'a claim without access modes',
    'persistentvolumeclaims',
    claim('one', { accessModes: [] }),
    'spec.accessModes',
    'FieldValueRequired',
  ],
  [
    'a claim without a size',
    'persistentvolumeclaims',
    claim('one', { resources: {} }),
    'spec.resources[storage]',
    'FieldValueRequired',
  ],
  [
    'a claim of nothing',
    'persistentvolumeclaims',
    claim('one', { resources: { requests: { storage: '0' } } }),
    'spec.resources[storage]',
    'FieldValueInvalid',
  ],
  [
    'an unknown access mode',
    'persistentvolumeclaims',
    claim('one', { accessModes: ['Sometimes'] }),
    'spec.accessModes',
    'FieldValueNotSupported',
  ],
  [
    'a block of addresses that is none',
    'networkpolicies',
    policy({ egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/99' } }] }] }),
    'spec.egress[0].to[0].ipBlock.cidr',
    'FieldValueInvalid',
  ],
  [
    'an exception outside its block',
    'networkpolicies',
    policy({ egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/8'] } }] }] }),
    'spec.egress[0].to[0].ipBlock.except[0]',
    'FieldValueInvalid',
  ],
  [
    'a peer of two kinds',
    'networkpolicies',
    policy({ ingress: [{ from: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] }] }),
    'spec.ingress[0].from[0]',
    'FieldValueForbidden',
  ],
  [
    'an unknown policy type',
    'networkpolicies',
    policy({ policyTypes: ['Sideways'] }),
    'spec.policyTypes[0]',
    'FieldValueNotSupported',
  ],
  [
    'a budget of both kinds',
    'poddisruptionbudgets',
    budget({ minAvailable: 1, maxUnavailable: 1, selector: {} }),
    'spec',
    'FieldValueInvalid',
  ],
  ['an ingress without rules or default', 'ingresses', ingress({}), 'spec', 'FieldValueInvalid'],
  [
    'an ingress path without a type',
    'ingresses',
    rule({ pathType: undefined }),
    'spec.rules[0].http.paths[0].pathType',
    'FieldValueRequired',
  ],
  [
    'an ingress path that is not absolute',
    'ingresses',
    rule({ path: 'x' }),
    'spec.rules[0].http.paths[0].path',
    'FieldValueInvalid',
  ],
  [
    'an ingress host that is an address',
    'ingresses',
    ingress({ rules: [{ host: '10.0.0.1' }] }),
    'spec.rules[0].host',
    'FieldValueInvalid',
  ],
]

/** Bodies that do not even decode. */
const undecodable: [what: string, resource: string, body: object][] = [
  ['an amount that is none', 'pods', withContainer({ resources: { requests: { cpu: 'much' } } })],
  ['a number for a string', 'configmaps', { ...configMap('one'), data: { a: 1 } }],
  ['a string for a number', 'deployments', deployment('one', { replicas: 'two' })],
  ['a string for a list', 'pods', pod('one', { containers: 'main' })],
  [
    'a secret that is not base64',
    'secrets',
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'one' }, data: { a: '%' } },
  ],
]

/** Changes of fields that are settled once the object is there. */
const settled: [what: string, resource: string, body: object, change: object, field: string][] = [
  [
    'the selector of a deployment',
    'deployments',
    deployment('one', { paused: true, replicas: 0 }),
    { spec: { selector: { matchLabels: { app: 'x' } }, template: { metadata: { labels: { app: 'x' } } } } },
    'spec.selector',
  ],
  [
    'the service name of a stateful set',
    'statefulsets',
    statefulSet('one', { replicas: 0 }),
    { spec: { serviceName: 'other' } },
    'spec',
  ],
  [
    'the claims of a stateful set',
    'statefulsets',
    statefulSet('one', { replicas: 0 }),
    { spec: { volumeClaimTemplates: [{ metadata: { name: 'x' }, spec: claim('x').spec }] } },
    'spec',
  ],
  [
    'the template of a job',
    'jobs',
    job('one', 'true', { suspend: true, parallelism: 0 }),
    { spec: { template: { spec: { hostname: 'x' } } } },
    'spec.template',
  ],
  [
    'the completions of a job',
    'jobs',
    job('one', 'true', { suspend: true }),
    { spec: { completions: 5 } },
    'spec.completions',
  ],
  [
    'the address of a service',
    'services',
    service('one'),
    { spec: { clusterIP: '10.43.255.254', clusterIPs: ['10.43.255.254'] } },
    'spec.clusterIPs[0]',
  ],
  ['the command of a pod', 'pods', pod('one', { schedulerName: 'nobody' }), { spec: { hostname: 'x' } }, 'spec'],
  [
    'the type of a secret',
    'secrets',
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'one' } },
    { type: 'other' },
    'type',
  ],
  [
    'a config map that is sealed',
    'configmaps',
    { ...configMap('one', { a: '1' }), immutable: true },
    { data: { a: '2' } },
    'data',
  ],
  [
    'the seal of a config map',
    'configmaps',
    { ...configMap('one', { a: '1' }), immutable: true },
    { immutable: null },
    'immutable',
  ],
  ['the name', 'configmaps', configMap('one'), { metadata: { name: 'two' } }, ''],
]

const fieldsOf = (body: Body) => (body.details.causes ?? []).map((cause) => cause.field)

contract('validation', (check) => {
  for (const [what, resource, body, field, reason] of refusals) {
    check(`${what} is refused, naming the field`, async (cluster) => {
      const ns = await cluster.namespace()
      const answer = await ns.post(resource, body, { dryRun: 'All' })
      expect(answer.body).toMatchObject({ kind: 'Status', status: 'Failure', code: 422, reason: 'Invalid' })
      expect(answer.body.message).toMatch(/ is invalid: /)
      expect(answer.body.details.causes).toContainEqual({
        field,
        reason,
        message: expect.stringMatching(/./) as string,
      })
    })
  }

  for (const [what, resource, body] of undecodable) {
    check(`${what} is BadRequest`, async (cluster) => {
      const ns = await cluster.namespace()
      const answer = await ns.post(resource, body)
      expect(answer.body).toMatchObject({ kind: 'Status', code: 400, reason: 'BadRequest' })
    })
  }

  for (const [what, resource, body, change, field] of settled) {
    check(`${what} cannot be changed`, async (cluster) => {
      const ns = await cluster.namespace()
      await ns.create(resource, body)
      const answer = await ns.patch('merge', resource, 'one', change)
      if (field === '') return void expectStatus(answer, 400)
      expect(answer.body).toMatchObject({ code: 422, reason: 'Invalid' })
      expect(fieldsOf(answer.body)).toContain(field)
    })
  }

  check('everything that is wrong is told at once', async (cluster) => {
    const ns = await cluster.namespace()
    const body = pod('one', { restartPolicy: 'Sometimes', containers: [container({ name: 'A', image: undefined })] })
    const answer = await ns.post('pods', body)
    expect(fieldsOf(answer.body)).toEqual(
      expect.arrayContaining(['spec.restartPolicy', 'spec.containers[0].name', 'spec.containers[0].image']),
    )
    expect(answer.body.message).toMatch(/^Pod "one" is invalid: \[.*, .*\]$/)
    expect(answer.body.details).toMatchObject({ name: 'one', kind: 'Pod' })
  })

  check('one fault is told without brackets', async (cluster) => {
    const ns = await cluster.namespace()
    const answer = await ns.post('deployments', deployment('one', { replicas: -1 }))
    expect(answer.body.message).toBe(
      'Deployment.apps "one" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    )
    expect(answer.body.details).toMatchObject({ name: 'one', group: 'apps', kind: 'Deployment' })
  })

  check('a pod is filled with what it leaves open', async (cluster) => {
    const ns = await cluster.namespace()
    const bare = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'one' },
      spec: {
        schedulerName: 'nobody',
        containers: [{ name: 'main', image: 'busybox', ports: [{ containerPort: 80 }], readinessProbe: probe }],
      },
    }
    const made = await ns.create('pods', bare)
    expect(made.spec).toMatchObject({
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      serviceAccountName: 'default',
      serviceAccount: 'default',
      securityContext: {},
      enableServiceLinks: true,
      preemptionPolicy: 'PreemptLowerPriority',
      priority: 0,
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
    })
    expect(at(made, 'spec.containers.0')).toMatchObject({
      imagePullPolicy: 'Always',
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      resources: {},
      ports: [{ containerPort: 80, protocol: 'TCP' }],
      readinessProbe: {
        httpGet: { path: '/', port: 80, scheme: 'HTTP' },
        timeoutSeconds: 1,
        periodSeconds: 10,
        successThreshold: 1,
        failureThreshold: 3,
      },
    })
    const [volume] = at(made, 'spec.volumes') as { name: string }[]
    expect(volume?.name).toMatch(/^kube-api-access-[a-z0-9]{5}$/)
    expect(at(made, 'spec.containers.0.volumeMounts')).toEqual([
      { name: volume?.name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
    ])
    expect(made.status).toMatchObject({ phase: 'Pending', qosClass: 'BestEffort' })
    const pinned = await ns.post('pods', pod('two', { schedulerName: 'nobody' }))
    expect(at(expectStatus(pinned, 201), 'spec.containers.0.imagePullPolicy')).toBe('IfNotPresent')
    expect(at(pinned.body, 'spec.volumes')).toBeUndefined()
  })

  check('a limit is the request of who makes none', async (cluster) => {
    const ns = await cluster.namespace()
    const made = await ns.post('pods', withContainer({ resources: { limits: { cpu: '0.5', memory: '64Mi' } } }), {
      dryRun: 'All',
    })
    expect(at(expectStatus(made, 201), 'spec.containers.0.resources')).toEqual({
      limits: { cpu: '500m', memory: '64Mi' },
      requests: { cpu: '500m', memory: '64Mi' },
    })
  })

  check('workloads are filled with what they leave open', async (cluster) => {
    const ns = await cluster.namespace()
    const one = deployment('one', { replicas: undefined, paused: true })
    expect((await ns.create('deployments', one)).spec).toMatchObject({
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: {
        spec: {
          restartPolicy: 'Always',
          dnsPolicy: 'ClusterFirst',
          schedulerName: 'default-scheduler',
          securityContext: {},
        },
      },
    })
    expect((await ns.create('statefulsets', statefulSet('one', { replicas: 0 }))).spec).toMatchObject({
      podManagementPolicy: 'OrderedReady',
      revisionHistoryLimit: 10,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    })
    const made = await ns.create('jobs', job('one', 'true', { suspend: true }))
    const labels = { 'batch.kubernetes.io/controller-uid': made.metadata.uid }
    expect(made.spec).toMatchObject({
      backoffLimit: 6,
      completions: 1,
      parallelism: 1,
      completionMode: 'NonIndexed',
      podReplacementPolicy: 'TerminatingOrFailed',
      manualSelector: false,
      selector: { matchLabels: labels },
      template: {
        metadata: {
          labels: {
            ...labels,
            'batch.kubernetes.io/job-name': 'one',
            'controller-uid': made.metadata.uid,
            'job-name': 'one',
          },
        },
      },
    })
  })

  check('a service gets an address of its own, unless it is headless', async (cluster) => {
    const ns = await cluster.namespace()
    const made = await ns.create('services', service('one'))
    expect(made.spec).toEqual({
      clusterIP: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/) as string,
      clusterIPs: [at(made, 'spec.clusterIP')],
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      selector: { app: 'one' },
      sessionAffinity: 'None',
      type: 'ClusterIP',
    })
    expect(made.status).toEqual({ loadBalancer: {} })
    const other = await ns.create('services', service('two'))
    expect(at(other, 'spec.clusterIP')).not.toBe(at(made, 'spec.clusterIP'))
    const headless = await ns.create('services', service('three', { clusterIP: 'None', ports: undefined }))
    expect(headless.spec).toMatchObject({ clusterIP: 'None', clusterIPs: ['None'] })
    const taken = await ns.post('services', service('four', { clusterIP: at(made, 'spec.clusterIP') }))
    expect(taken.body).toMatchObject({ code: 422, reason: 'Invalid' })
    const body = { ...service('one'), metadata: { name: 'one' } }
    const put = await cluster.call('PUT', ns.path('services', 'one'), { body })
    expect(at(expectStatus(put, 200), 'spec.clusterIP')).toBe(at(made, 'spec.clusterIP'))
  })

  check('a node port is given from the range, and given back', async (cluster) => {
    const ns = await cluster.namespace()
    const made = await ns.create('services', service('one', { type: 'NodePort' }))
    const port = Number(at(made, 'spec.ports.0.nodePort'))
    expect(port).toBeGreaterThanOrEqual(30_000)
    expect(port).toBeLessThanOrEqual(32_767)
    expect(made.spec).toMatchObject({ externalTrafficPolicy: 'Cluster' })
    const taken = await ns.post('services', service('two', { type: 'NodePort', ports: [{ port: 80, nodePort: port }] }))
    expect(taken.body).toMatchObject({ code: 422, reason: 'Invalid' })
    expect(taken.body.message).toContain('provided port is already allocated')
  })

  check('a network policy without types is for what it has rules for', async (cluster) => {
    const ns = await cluster.namespace()
    expect((await ns.create('networkpolicies', policy({}))).spec).toEqual({ podSelector: {}, policyTypes: ['Ingress'] })
    const both = await ns.create('networkpolicies', {
      ...policy({ egress: [{ ports: [{ port: 53 }] }] }),
      metadata: { name: 'two' },
    })
    expect(both.spec).toMatchObject({
      policyTypes: ['Ingress', 'Egress'],
      egress: [{ ports: [{ port: 53, protocol: 'TCP' }] }],
    })
  })

  check('amounts are written in their shortest form', async (cluster) => {
    const ns = await cluster.namespace()
    const made = await ns.create(
      'persistentvolumeclaims',
      claim('one', { resources: { requests: { storage: '1024Mi' } } }),
    )
    expect(at(made, 'spec.resources.requests.storage')).toBe('1Gi')
    const other = await ns.post(
      'pods',
      withContainer({ resources: { requests: { cpu: '1000m', memory: '1073741824' } } }),
      { dryRun: 'All' },
    )
    expect(at(expectStatus(other, 201), 'spec.containers.0.resources.requests')).toEqual({
      cpu: '1',
      memory: '1073741824',
    })
  })
})
