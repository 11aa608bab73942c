/**
 * The contract between the simulator and Kubernetes: every case is defined once and runs against the simulator always,
 * and against a real cluster when BERTH_TEST_KUBECONFIG names a kubeconfig. A case asserts what Kubernetes does.
 */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { type Body, type Connection, type Wire, openWire } from './http.ts'
import { type Namespace, openNamespace, patchTypes, pathOf } from './namespace.ts'
import { at, eventually, expectStatus } from './observe.ts'
import { openSimulator } from './simulator.ts'

/** What one case sees of a cluster. Namespaces that it makes are removed after it, whatever its end. */
export type Cluster = Wire & {
  /** Makes a namespace of a name that nobody else has, in which pods can be created at once. */
  namespace(labels?: Record<string, string>): Promise<Namespace>
  /**
   * A namespace for dry runs, which leave nothing behind: one for all cases of a topic that ask for the same labels. (A
   * cluster takes seconds to take down a namespace, so a table of cases must not make a hundred.)
   */
  scratch(labels?: Record<string, string>): Promise<Namespace>
  /** Reads an object that must be there. */
  read(resource: string, name: string): Promise<Body>
  /** Runs after the case, for cluster-scoped objects that it made. */
  afterwards(run: () => Promise<unknown>): void
}

type Opened = { connection: Connection; stop(): Promise<void> }
type Target = { name: string; missing?: string; open(): Promise<Opened> }
type Define = (check: (name: string, run: (cluster: Cluster) => Promise<void>) => void) => void

const kubeconfig = process.env['BERTH_TEST_KUBECONFIG']

function targets(): Target[] {
  const real: Target = { name: 'kubernetes', open: () => openKubernetes(kubeconfig ?? '') }
  if (kubeconfig === undefined || kubeconfig === '') {
    real.missing = 'BERTH_TEST_KUBECONFIG is not set: no real cluster to compare with'
    process.stderr.write(`contract: ${real.missing}\n`)
  }
  return [{ name: 'simulator', open: openSimulator }, real]
}

async function openKubernetes(file: string): Promise<Opened> {
  // Loaded late: the client's models cost 60 MB, and only this needs them.
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  config.loadFromFile(file)
  const options = {}
  await config.applyToHTTPSOptions(options)
  return { connection: { url: config.getCurrentCluster()?.server ?? '', options }, stop: async () => undefined }
}

/** Defines the cases of one topic for each target. Cases of a topic run at the same time: each has its own namespace. The
 * timeout (milliseconds) is that of each case. */
export function contract(topic: string, define: Define, timeout = 60_000): void {
  for (const target of targets()) {
    const why = target.missing === undefined ? '' : ` (skipped: ${target.missing})`
    describe.skipIf(target.missing !== undefined).concurrent(`${topic} on ${target.name}${why}`, () => {
      let opened: Opened
      let wire: Wire
      const scratches = new Map<string, Promise<Namespace>>()
      const scratch: Cluster['scratch'] = (labels = {}) => {
        const key = JSON.stringify(labels)
        const made = scratches.get(key) ?? makeNamespace(wire, labels)
        scratches.set(key, made)
        return made
      }
      beforeAll(async () => {
        opened = await target.open()
        wire = openWire(opened.connection)
      })
      afterAll(async () => {
        for (const { name: namespace } of await Promise.all(scratches.values())) await removeNamespace(wire, namespace)
        wire.close()
        await opened.stop()
      })
      define((name, run) => {
        test(name, { timeout }, () => runCase(wire, scratch, run))
      })
    })
  }
}

async function makeNamespace(wire: Wire, labels: Record<string, string>): Promise<Namespace> {
  const name = `contract-${randomBytes(5).toString('hex')}`
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }
  expectStatus(await wire.call('POST', pathOf('namespaces'), { body }), 201)
  // Pods are refused until the namespace has its default account.
  const account = pathOf('serviceaccounts', name, 'default')
  await eventually('the default service account', async () => (await wire.call('GET', account)).status === 200)
  return openNamespace(wire, name)
}

/** Deletes a namespace, and lets go of what a case that failed halfway may have left held in it. */
async function removeNamespace(wire: Wire, name: string): Promise<void> {
  const path = pathOf('namespaces', undefined, name)
  const { body, status } = await wire.call('DELETE', path)
  if (status === 404) return
  const own = (finalizers: unknown) => JSON.stringify(finalizers ?? []).includes('contract.example/')
  if (own(at(body, 'spec.finalizers'))) {
    await wire.call('PUT', `${path}/finalize`, { body: { ...body, spec: { finalizers: [] } } })
  }
  for (const resource of ['configmaps', 'pods']) {
    const { items = [] } = (await wire.call('GET', pathOf(resource, name))).body
    for (const { metadata } of items.filter((item) => own(item.metadata.finalizers))) {
      const call = { body: { metadata: { finalizers: null } }, contentType: patchTypes.merge }
      await wire.call('PATCH', pathOf(resource, name, metadata.name), call)
    }
  }
}

async function runCase(
  wire: Wire,
  scratch: Cluster['scratch'],
  run: (cluster: Cluster) => Promise<void>,
): Promise<void> {
  const endings: (() => Promise<unknown>)[] = []
  const cluster: Cluster = {
    ...wire,
    async namespace(labels = {}) {
      const made = await makeNamespace(wire, labels)
      endings.push(() => removeNamespace(wire, made.name))
      return made
    },
    scratch,
    read: async (resource, name) => expectStatus(await wire.call('GET', pathOf(resource, undefined, name)), 200),
    afterwards: (ending) => void endings.push(ending),
  }
  try {
    await run(cluster)
  } finally {
    for (const ending of endings.reverse()) await ending()
  }
}
