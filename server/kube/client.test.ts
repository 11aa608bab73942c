import { createServer } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLog } from '../lib/log.ts'
import { kubernetesTargets, onlyOn, until, type TestCluster } from '../test/kubernetes.ts'
import { createKubeClient } from './client.ts'
import type { KubeObject } from './object.ts'

describe.each(kubernetesTargets())('a client of the $name', ({ start }) => {
  let cluster: TestCluster
  let namespace: string
  beforeAll(async () => {
    cluster = await start()
    namespace = await cluster.createNamespace()
  })
  afterAll(() => cluster.stop())

  const refTo = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', name, namespace })
  const configMap = (name: string, data: Record<string, string>, labels = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels },
    data,
  })

  test('knows the cluster by something that outlives a restart, and its version', async () => {
    expect(await cluster.client.identity()).toBe(await cluster.admin.identity())
    expect(await cluster.client.version()).toMatch(/^v1\.\d+/)
  })

  test('applying again removes what is no longer said, and leaves what others said', async () => {
    await cluster.client.apply(configMap('owned', { ours: '1', dropped: '1' }))
    await cluster.admin.patch(refTo('owned'), { data: { theirs: '1' } })
    const applied = await cluster.client.apply(configMap('owned', { ours: '2' }))
    expect(applied.data).toMatchObject({ ours: '2' })
    expect(applied.data).not.toHaveProperty('dropped')
  })

  test('a dry run changes nothing', async () => {
    await cluster.client.apply(configMap('dry', { value: '1' }), { dryRun: true })
    expect(await cluster.client.get(refTo('dry'))).toBeUndefined()
  })

  test('what is absent is undefined when read, false when deleted, and an error when patched', async () => {
    expect(await cluster.client.get(refTo('absent'))).toBeUndefined()
    expect(await cluster.client.delete(refTo('absent'))).toBe(false)
    await expect(cluster.client.patch(refTo('absent'), {})).rejects.toMatchObject({ kind: 'notFound', status: 404 })
  })

  test('deleting one object never hits another that took its name', async () => {
    const { metadata } = await cluster.client.apply(configMap('reborn', { value: '1' }))
    const uid = metadata.uid ?? ''
    expect(await cluster.client.delete(refTo('reborn'), { uid })).toBe(true)
    await cluster.client.apply(configMap('reborn', { value: '2' }))
    expect(await cluster.client.delete(refTo('reborn'), { uid })).toBe(false)
    expect(await cluster.client.get(refTo('reborn'))).toBeDefined()
  })

  test('a list is complete beyond its first page, and its items know their kind', async () => {
    const names = Array.from({ length: 520 }, (_, index) => `page-${index}`)
    await Promise.all(names.map((name) => cluster.client.apply(configMap(name, {}, { page: 'yes' }))))
    const kind = { apiVersion: 'v1', kind: 'ConfigMap' }
    const { items, resourceVersion } = await cluster.client.list(kind, { namespace, labelSelector: 'page=yes' })
    expect(new Set(items.map(({ metadata }) => metadata.name))).toEqual(new Set(names))
    expect(items.every((item) => item.kind === 'ConfigMap' && item.apiVersion === 'v1')).toBe(true)
    expect(Number(resourceVersion)).toBeGreaterThan(0)
    const one = await cluster.client.list(kind, { namespace, fieldSelector: 'metadata.name=page-7' })
    expect(one.items.map(({ metadata }) => metadata.name)).toEqual(['page-7'])
  })

  test('an object that breaks the rules is invalid, with the field that is wrong', async () => {
    await expect(cluster.client.apply(configMap('Not_A_Name', {}))).rejects.toMatchObject({
      kind: 'invalid',
      status: 422,
      causes: expect.arrayContaining([expect.objectContaining({ field: 'metadata.name' })]) as unknown,
    })
  })

  test('a namespace that is not there is said to be not there', async () => {
    const lost = {
      ...configMap('lost', {}),
      metadata: { name: 'lost', namespace: 'berth-00000000-0000-4000-8000-000000000000' },
    }
    await expect(cluster.admin.apply(lost)).rejects.toMatchObject({ kind: 'notFound' })
  })

  test('a namespace that is ending already can be ended again', async () => {
    const ending = { apiVersion: 'v1', kind: 'Namespace', name: await cluster.createNamespace() }
    expect(await cluster.client.delete(ending)).toBe(true)
    expect(await cluster.client.delete(ending)).toBeTypeOf('boolean')
    await until('the namespace is gone', async () => (await cluster.client.get(ending)) === undefined, 60)
  })

  test('the last lines of a container that has ended can be read', async () => {
    const pod: KubeObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'talks', namespace },
      spec: {
        restartPolicy: 'Never',
        containers: [
          {
            name: 'main',
            image: 'busybox:1.36',
            command: ['sh', '-c', 'echo first; echo last'],
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 999,
              allowPrivilegeEscalation: false,
              capabilities: { drop: ['ALL'] },
              seccompProfile: { type: 'RuntimeDefault' },
            },
          },
        ],
      },
    }
    if (!onlyOn(cluster, 'real cluster', 'its containers run no commands.')) return
    await until('the service account is there', () =>
      cluster.admin.get({ apiVersion: 'v1', kind: 'ServiceAccount', name: 'default', namespace }),
    )
    await cluster.admin.apply(pod)
    const ref = { apiVersion: 'v1', kind: 'Pod', name: 'talks', namespace }
    await until('the pod has ended', async () => {
      const status = (await cluster.client.get(ref))?.status as { phase?: string } | undefined
      return status?.phase === 'Succeeded'
    })
    expect(await cluster.client.logs(namespace, 'talks', { container: 'main', tailLines: 1 })).toBe('last\n')
  })

  test('a server that is overloaded is asked again when it says so', async () => {
    const { simulator } = cluster
    if (!simulator || !onlyOn(cluster, 'simulator', 'a real API server cannot be told to be overloaded.')) return
    simulator.faults.add({ kind: 'error', status: 429, match: { method: 'PATCH' }, count: 2 })
    expect((await cluster.client.apply(configMap('overload', {}))).metadata.name).toBe('overload')
  })

  test('other failures are told at once and not repeated behind the caller’s back', async () => {
    const { simulator } = cluster
    if (!simulator || !onlyOn(cluster, 'simulator', 'a real API server cannot be told to fail.')) return
    simulator.faults.add({ kind: 'error', status: 500, match: { method: 'PATCH' }, count: 1 })
    await expect(cluster.client.apply(configMap('failing', {}))).rejects.toMatchObject({ kind: 'server', status: 500 })
    expect((await cluster.client.apply(configMap('failing', {}))).metadata.name).toBe('failing')
  })

  test('connections that the server closed while they were idle are not noticed by anybody', async () => {
    const { client, link } = await cluster.openLinkedClient()
    await client.version()
    for (let round = 0; round < 5; round++) {
      link.cut()
      await client.version()
    }
  })
})

test('a port where nobody listens is unreachable, at once and in words', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  server.close()
  const client = createKubeClient({ kubeconfigText: plainKubeconfig(port) }, { log: createLog('silent') })
  await expect(client.version()).rejects.toMatchObject({
    kind: 'unreachable',
    message: expect.stringContaining('ECONNREFUSED') as unknown,
  })
  client.close()
})

const plainKubeconfig = (port: number) => `
apiVersion: v1
kind: Config
current-context: it
contexts: [{ name: it, context: { cluster: it } }]
clusters: [{ name: it, cluster: { server: 'http://127.0.0.1:${port}' } }]
`
