import { expect } from 'vitest'
import { contract } from './cluster.ts'
import { type Fields, claim, container, deployment, job, pod, service, statefulSet } from './objects.ts'
import { at, expectStatus } from './observe.ts'

const withContainer = (fields: Fields) => pod('one', { containers: [container(fields)] })
const policy = (spec: Fields) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'one' },
  spec: { podSelector: {}, ...spec },
})
const probe = { httpGet: { path: '/', port: 80 } }

contract('defaults', (check) => {
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
