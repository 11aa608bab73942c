import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seedCatalog } from '../../db/catalog/index.ts'
import { createKubeClient, type KubeClient } from '../../kube/client.ts'
import { createLog } from '../../lib/log.ts'
import { inputOf, seedSource, workloadOf } from '../test/sample.ts'
import { manifests } from './index.ts'

const kubeconfigFile = process.env['BERTH_TEST_KUBECONFIG']
if (!kubeconfigFile) process.stdout.write('real API server: skipped, BERTH_TEST_KUBECONFIG names no cluster\n')

/** A dry run in an absent namespace is a 404, so that the namespace is really made, with its profile. */
describe.skipIf(!kubeconfigFile)('a real API server', () => {
  let client: KubeClient
  const namespaces: string[] = []
  beforeAll(() => {
    client = createKubeClient({ kubeconfigFile: kubeconfigFile ?? '' }, { log: createLog('silent') })
  })
  afterAll(async () => {
    for (const name of namespaces) await client.delete({ apiVersion: 'v1', kind: 'Namespace', name })
    client.close()
  })

  it.each(seedCatalog)('accepts every object of $slug, and its pods by themselves', async (seed) => {
    const input = inputOf(workloadOf(seedSource(seed)))
    const id = randomUUID()
    const [namespace, ...objects] = manifests({ ...input, subscription: { ...input.subscription, id } })
    if (!namespace) throw new Error('there is no namespace')
    namespaces.push(namespace.metadata.name)
    await client.apply(namespace)
    for (const object of objects) {
      await expect(
        client.apply(object, { dryRun: true }),
        `${object.kind} ${object.metadata.name}`,
      ).resolves.toBeDefined()
      const template = (object['spec'] as { template?: { metadata: { labels: Record<string, string> }; spec: object } })
        ?.template
      if (!template) continue
      const account = objects.find(({ kind }) => kind === 'ServiceAccount')
      if (account) await client.apply(account)
      const metadata = { ...template.metadata, name: 'alone', namespace: namespace.metadata.name }
      const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: template.spec }
      await expect(client.apply(pod, { dryRun: true }), `Pod of ${object.metadata.name}`).resolves.toBeDefined()
    }
  })
})
