import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSimulator, type Simulator } from '@berth/simulator'
import { parse, stringify } from 'yaml'
import { deployRights } from '../../deploy/rights.ts'
import { createKubeClient, type KubeClient } from '../kube/client.ts'
import { createLog } from '../lib/log.ts'
import { openLink, type Link } from './link.ts'

/** A cluster to test against, with two ways in: Berth's own account, and an administrator's for checks and mischief. */
export type TestCluster = {
  name: TargetName
  /** As the account that deploy/rights.ts makes. */
  client: KubeClient
  admin: KubeClient
  /** The account's kubeconfig, for a whole server that is started against this cluster. */
  kubeconfigFile: string
  /** The simulator itself, with its faults and its clock; absent on a real cluster. */
  simulator?: Simulator
  /** A namespace `berth-<uuid>` that is deleted at the end. */
  createNamespace(): Promise<string>
  /** Another client of the account, over a line that can be broken. Closed at the end. */
  openLinkedClient(): Promise<{ client: KubeClient; link: Link }>
  stop(): Promise<void>
}

export type TargetName = 'simulator' | 'real cluster'
export type KubernetesTarget = {
  name: TargetName
  /** Why tests on this target do not run here. */
  skipped?: string
  start: () => Promise<TestCluster>
}

const realKubeconfig = process.env.BERTH_TEST_KUBECONFIG

/**
 * What a suite runs on: the simulator always, and a real cluster when BERTH_TEST_KUBECONFIG names an administrator's
 * kubeconfig. Use as
 *
 *     describe.each(kubernetesTargets())('on the $name', ({ start }) => { … })
 */
export function kubernetesTargets(): KubernetesTarget[] {
  const simulator: KubernetesTarget = { name: 'simulator', start: startSimulated }
  if (realKubeconfig) return [simulator, { name: 'real cluster', start: () => startReal(realKubeconfig) }]
  process.stderr.write('Skipped on a real cluster: BERTH_TEST_KUBECONFIG names no kubeconfig.\n')
  return [simulator]
}

/** A note for what one target cannot show, such as a fault that only the simulator can be told to have. */
export function onlyOn(cluster: TestCluster, name: TargetName, why: string): boolean {
  if (cluster.name !== name) process.stderr.write(`Skipped on the ${cluster.name}: ${why}\n`)
  return cluster.name === name
}

async function startSimulated(): Promise<TestCluster> {
  const simulator = await startSimulator()
  return open('simulator', simulator.kubeconfig(), { simulator, end: () => simulator.stop() })
}

const startReal = (file: string): Promise<TestCluster> => open('real cluster', readFileSync(file, 'utf8'), {})

async function open(
  name: TargetName,
  adminKubeconfig: string,
  { simulator, end }: { simulator?: Simulator; end?: () => Promise<void> },
): Promise<TestCluster> {
  const log = createLog('silent')
  const folder = mkdtempSync(join(tmpdir(), 'berth-kubernetes-'))
  const adminFile = join(folder, 'admin.kubeconfig')
  const kubeconfigFile = join(folder, 'berth.kubeconfig')
  writeFileSync(adminFile, adminKubeconfig, { mode: 0o600 })
  await deployRights({ kubeconfigFile: adminFile, out: kubeconfigFile })
  const client = createKubeClient({ kubeconfigFile }, { log })
  const admin = createKubeClient({ kubeconfigFile: adminFile }, { log })
  const namespaces: string[] = []
  const endings: (() => void | Promise<void>)[] = []
  return {
    name,
    client,
    admin,
    kubeconfigFile,
    ...(simulator && { simulator }),
    createNamespace: async () => {
      const namespace = `berth-${randomUUID()}`
      await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: podSecurity } })
      namespaces.push(namespace)
      return namespace
    },
    openLinkedClient: async () => {
      const { link, kubeconfigText } = await throughLink(kubeconfigFile)
      const linked = createKubeClient({ kubeconfigText }, { log })
      endings.push(() => linked.close(), link.close)
      return { client: linked, link }
    },
    stop: async () => {
      for (const ending of endings) await ending()
      for (const namespace of namespaces) await client.delete({ apiVersion: 'v1', kind: 'Namespace', name: namespace })
      client.close()
      admin.close()
      rmSync(folder, { recursive: true })
      await end?.()
    },
  }
}

const podSecurity = { 'pod-security.kubernetes.io/enforce': 'restricted' }

type Kubeconfig = { clusters: { cluster: { server: string; 'tls-server-name'?: string } }[] }

/** A kubeconfig that leads to the same server over a line of ours. Every API server's certificate has that name. */
async function throughLink(file: string): Promise<{ link: Link; kubeconfigText: string }> {
  const kubeconfig = parse(readFileSync(file, 'utf8')) as Kubeconfig
  const cluster = kubeconfig.clusters[0]?.cluster
  if (!cluster) throw new Error(`${file} describes no cluster.`)
  const { protocol, hostname, port } = new URL(cluster.server)
  const link = await openLink({ host: hostname, port: Number(port || 443) })
  cluster.server = `${protocol}//127.0.0.1:${link.port}`
  if (protocol === 'https:') cluster['tls-server-name'] = 'kubernetes.default.svc'
  return { link, kubeconfigText: stringify(kubeconfig) }
}

/** Waits until the condition holds, asking every few milliseconds; what it returned then. Throws after the deadline. */
export async function until<T>(what: string, condition: () => T | Promise<T>, seconds = 20): Promise<NonNullable<T>> {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    const value = await condition()
    if (value) return value
    if (Date.now() > deadline) throw new Error(`Not within ${seconds} seconds: ${what}.`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
