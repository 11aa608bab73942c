import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKubeClient, type KubeClient } from '../server/kube/client.ts'
import { createLog } from '../server/lib/log.ts'

/** A cluster to measure on: the administrator's client, and the kubeconfig files for Berth and for kubectl. */
export type BenchCluster = {
  name: 'simulator' | 'real cluster'
  client: KubeClient
  adminKubeconfig: string
  berthKubeconfig: string
  stop(): Promise<void>
}

const log = createLog('silent')

/** A simulated cluster in a process of its own, as `npm run simulator` starts it, with nothing in it. */
export async function startSimulatedCluster(nodes: number): Promise<BenchCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-bench-'))
  const kubeconfig = join(folder, 'kubeconfig')
  const program = join(import.meta.dirname, '../simulator/src/main.ts')
  const child = spawn(process.execPath, [program, '--nodes', String(nodes), '--kubeconfig', kubeconfig], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  await once(child, 'message')
  const client = createKubeClient({ kubeconfigFile: kubeconfig }, { log })
  return {
    name: 'simulator',
    client,
    adminKubeconfig: kubeconfig,
    berthKubeconfig: kubeconfig,
    async stop() {
      client.close()
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/**
 * The cluster of KUBECONFIG, which Berth drives; BERTH_BENCH_KUBECONFIG is an administrator's, for kubectl and for
 * looking. Undefined where KUBECONFIG is not set.
 */
export function realCluster(env: NodeJS.ProcessEnv): BenchCluster | undefined {
  const berthKubeconfig = env['KUBECONFIG']
  if (!berthKubeconfig) return undefined
  const adminKubeconfig = env['BERTH_BENCH_KUBECONFIG'] || berthKubeconfig
  const client = createKubeClient({ kubeconfigFile: adminKubeconfig }, { log })
  return { name: 'real cluster', client, adminKubeconfig, berthKubeconfig, stop: async () => client.close() }
}
