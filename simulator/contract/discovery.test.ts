import { expect } from 'vitest'
import { contract } from './cluster.ts'
import { type Body } from './http.ts'
import { expectStatus } from './observe.ts'

type Resource = {
  name: string
  singularName: string
  namespaced: boolean
  kind: string
  verbs: string[]
  shortNames?: string[]
  group?: string
  version?: string
  categories?: string[]
}

const resourcesOf = (list: Body) => list['resources'] as Resource[]

/** The resources that a workload needs, by group version: kind, scope and the short names that people type. */
const resources: [groupVersion: string, name: string, kind: string, namespaced: boolean, shortNames: string[]][] = [
  ['v1', 'pods', 'Pod', true, ['po']],
  ['v1', 'services', 'Service', true, ['svc']],
  ['v1', 'configmaps', 'ConfigMap', true, ['cm']],
  ['v1', 'secrets', 'Secret', true, []],
  ['v1', 'persistentvolumeclaims', 'PersistentVolumeClaim', true, ['pvc']],
  ['v1', 'persistentvolumes', 'PersistentVolume', false, ['pv']],
  ['v1', 'nodes', 'Node', false, ['no']],
  ['v1', 'namespaces', 'Namespace', false, ['ns']],
  ['v1', 'resourcequotas', 'ResourceQuota', true, ['quota']],
  ['v1', 'limitranges', 'LimitRange', true, ['limits']],
  ['v1', 'serviceaccounts', 'ServiceAccount', true, ['sa']],
  ['v1', 'events', 'Event', true, ['ev']],
  ['apps/v1', 'deployments', 'Deployment', true, ['deploy']],
  ['apps/v1', 'replicasets', 'ReplicaSet', true, ['rs']],
  ['apps/v1', 'statefulsets', 'StatefulSet', true, ['sts']],
  ['batch/v1', 'jobs', 'Job', true, []],
  ['networking.k8s.io/v1', 'networkpolicies', 'NetworkPolicy', true, ['netpol']],
  ['networking.k8s.io/v1', 'ingresses', 'Ingress', true, ['ing']],
  ['policy/v1', 'poddisruptionbudgets', 'PodDisruptionBudget', true, ['pdb']],
  ['storage.k8s.io/v1', 'storageclasses', 'StorageClass', false, ['sc']],
  ['coordination.k8s.io/v1', 'leases', 'Lease', true, []],
]

const rootOf = (groupVersion: string) => (groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`)

contract('discovery', (check) => {
  check('/version tells a version that clients can parse', async (cluster) => {
    const version = expectStatus(await cluster.call('GET', '/version'), 200)
    expect(version).toMatchObject({
      major: expect.stringMatching(/^\d+$/) as string,
      minor: expect.stringMatching(/^\d+\+?$/) as string,
      gitVersion: expect.stringMatching(/^v1\.\d+\.\d+/) as string,
    })
  })

  check('/api and /apis list the versions and the groups with a preferred version', async (cluster) => {
    const core = expectStatus(await cluster.call('GET', '/api'), 200)
    expect(core).toMatchObject({ kind: 'APIVersions', versions: ['v1'] })
    const groups = expectStatus(await cluster.call('GET', '/apis'), 200)
    expect(groups).toMatchObject({ kind: 'APIGroupList', apiVersion: 'v1' })
    for (const name of ['apps', 'batch', 'networking.k8s.io', 'policy', 'storage.k8s.io', 'coordination.k8s.io']) {
      const groupVersion = { groupVersion: `${name}/v1`, version: 'v1' }
      expect(groups['groups']).toContainEqual(
        expect.objectContaining({
          name,
          versions: expect.arrayContaining([groupVersion]) as unknown,
          preferredVersion: groupVersion,
        }),
      )
    }
  })

  check('/apis/GROUP is that group alone', async (cluster) => {
    const group = expectStatus(await cluster.call('GET', '/apis/apps'), 200)
    expect(group).toMatchObject({
      kind: 'APIGroup',
      apiVersion: 'v1',
      name: 'apps',
      preferredVersion: { groupVersion: 'apps/v1' },
    })
  })

  check('each resource is found with its kind, scope, verbs and short names', async (cluster) => {
    for (const [groupVersion, name, kind, namespaced, shortNames] of resources) {
      const list = expectStatus(await cluster.call('GET', rootOf(groupVersion)), 200)
      expect(list).toMatchObject({ kind: 'APIResourceList', groupVersion })
      const resource = resourcesOf(list).find((one) => one.name === name)
      expect(resource, name).toMatchObject({ kind, namespaced })
      expect(resource?.verbs, name).toEqual(
        expect.arrayContaining(
          ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'].filter(
            (verb) => verb !== 'deletecollection' || name !== 'namespaces',
          ),
        ),
      )
      expect(resource?.shortNames ?? [], name).toEqual(expect.arrayContaining(shortNames))
    }
  })

  check('subresources are listed with the kind that they take', async (cluster) => {
    const core = resourcesOf(expectStatus(await cluster.call('GET', '/api/v1'), 200))
    const apps = resourcesOf(expectStatus(await cluster.call('GET', '/apis/apps/v1'), 200))
    expect(core.find((one) => one.name === 'pods/eviction')).toMatchObject({
      kind: 'Eviction',
      group: 'policy',
      version: 'v1',
      verbs: ['create'],
    })
    expect(core.find((one) => one.name === 'pods/binding')).toMatchObject({ kind: 'Binding', verbs: ['create'] })
    expect(core.find((one) => one.name === 'pods/log')).toMatchObject({ kind: 'Pod', verbs: ['get'] })
    expect(core.find((one) => one.name === 'pods/status')).toMatchObject({
      kind: 'Pod',
      verbs: ['get', 'patch', 'update'],
    })
    expect(apps.find((one) => one.name === 'deployments/scale')).toMatchObject({
      kind: 'Scale',
      group: 'autoscaling',
      version: 'v1',
    })
    expect(apps.find((one) => one.name === 'statefulsets/scale')).toMatchObject({
      kind: 'Scale',
      group: 'autoscaling',
      version: 'v1',
    })
  })

  check('workloads are in the category "all"', async (cluster) => {
    const core = resourcesOf(expectStatus(await cluster.call('GET', '/api/v1'), 200))
    const apps = resourcesOf(expectStatus(await cluster.call('GET', '/apis/apps/v1'), 200))
    const inAll = [...core, ...apps].filter((one) => one.categories?.includes('all')).map((one) => one.name)
    expect(inAll).toEqual(expect.arrayContaining(['pods', 'services', 'deployments', 'replicasets', 'statefulsets']))
    expect(inAll).not.toContain('configmaps')
  })

  check('aggregated discovery answers clients that ask for it', async (cluster) => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'
    const answer = await cluster.call('GET', '/apis', { headers: { accept } })
    expect(answer.headers['content-type']).toContain('as=APIGroupDiscoveryList')
    const list = expectStatus(answer, 200)
    expect(list).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' })
    const apps = list.items.find((one) => one.metadata.name === 'apps')
    const versions = apps?.['versions'] as { version: string; resources: { resource: string }[] }[]
    expect(versions[0]?.version).toBe('v1')
    expect(versions[0]?.resources.find((one) => one.resource === 'deployments')).toMatchObject({
      responseKind: { kind: 'Deployment' },
      scope: 'Namespaced',
      singularResource: 'deployment',
      subresources: expect.arrayContaining([expect.objectContaining({ subresource: 'scale' })]) as unknown,
    })
  })

  check('the OpenAPI index leads to the document of a group version', async (cluster) => {
    // The real server sends this JSON as text/plain.
    const index = JSON.parse((await cluster.call('GET', '/openapi/v3')).text) as Body
    const paths = index['paths'] as Record<string, { serverRelativeURL: string }>
    const link = paths['apis/apps/v1']?.serverRelativeURL ?? ''
    const document = expectStatus(await cluster.call('GET', link), 200)
    expect(document['openapi']).toMatch(/^3\./)
    expect(document['components']).toHaveProperty(['schemas', 'io.k8s.api.apps.v1.Deployment'])
  })

  check('health endpoints say ok in plain text', async (cluster) => {
    for (const path of ['/healthz', '/livez', '/readyz']) {
      const answer = await cluster.call('GET', path)
      expect([answer.status, answer.text], path).toEqual([200, 'ok'])
      expect(answer.headers['content-type'], path).toContain('text/plain')
    }
  })

  check('an unknown group is a plain 404, an unknown version or resource a Status', async (cluster) => {
    const group = await cluster.call('GET', '/apis/nothing.example/v1')
    expect([group.status, group.text.trim()]).toEqual([404, '404 page not found'])
    for (const path of ['/api/v9', '/apis/apps/v9/deployments', '/api/v1/namespaces/default/nothings']) {
      const answer = await cluster.call('GET', path)
      const message = 'the server could not find the requested resource'
      expect(answer.body, path).toMatchObject({ kind: 'Status', code: 404, reason: 'NotFound', message })
    }
  })

  check('answers can be audited and are not cached', async (cluster) => {
    const { headers } = await cluster.call('GET', '/api/v1/namespaces/default')
    expect(headers['content-type']).toBe('application/json')
    expect(headers['cache-control']).toBe('no-cache, private')
    expect(headers['audit-id']).toMatch(/^[0-9a-f-]{36}$/)
  })
})
