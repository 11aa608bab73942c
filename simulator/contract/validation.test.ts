import { expect } from 'vitest'
import { contract } from './cluster.ts'
import { type Body } from './http.ts'
import { invalidObjects } from './invalid-objects.ts'
import { invalidPods, withContainer } from './invalid-pods.ts'
import { claim, configMap, container, deployment, job, pod, service, statefulSet } from './objects.ts'
import { expectStatus } from './observe.ts'

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
  for (const [what, resource, body, field, reason] of [...invalidPods, ...invalidObjects]) {
    check(`${what} is refused, naming the field`, async (cluster) => {
      const ns = await cluster.scratch()
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
      const ns = await cluster.scratch()
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
})
