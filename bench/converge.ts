import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from '../demo/server.ts'
import type { KubeObject } from '../server/kube/object.ts'
import { startSimulatedCluster, type BenchCluster } from './cluster.ts'
import { becomeCustomer, order } from './customer.ts'
import { dumpNamespace } from './objects.ts'
import { inParallel } from './parallel.ts'
import { watchReady } from './ready-watch.ts'
import { verdict } from './report.ts'

/**
 * A thousand subscriptions at once: ordered while nothing reconciles, then driven, from the first namespace that is
 * seen to the last pod that is ready. The peer applies the same objects to an empty cluster in a plain loop, with the
 * same client and concurrency, and knows nothing of leases, drift, conditions or a database.
 */
const count = Number(process.env['BERTH_BENCH_SUBSCRIPTIONS'] ?? 1_000)
const concurrency = 16
const nodes = 60
const goal = 0.8

export async function converge(): Promise<void> {
  const cluster = await startSimulatedCluster(nodes)
  let berth: number
  let dumped: KubeObject[][]
  try {
    const measured = await byBerth(cluster)
    berth = measured.seconds
    dumped = await inParallel(measured.namespaces, concurrency, (name) => dumpNamespace(cluster.client, name))
  } finally {
    await cluster.stop()
  }
  const objects = dumped.reduce((sum, one) => sum + one.length, 0)
  const loop = await byPlainLoop(dumped)
  console.log(`${count} subscriptions, ${objects} objects, ${concurrency} at a time, on ${nodes} simulated nodes`)
  console.log(`Berth:       ${berth.toFixed(1)} s, ${(count / berth).toFixed(1)} subscriptions a second`)
  console.log(`plain loop:  ${loop.toFixed(1)} s, ${(count / loop).toFixed(1)} subscriptions a second`)
  verdict('converge', loop / berth, `>=${goal.toFixed(2)}`)
}

async function byBerth(cluster: BenchCluster): Promise<{ seconds: number; namespaces: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-bench-'))
  const data = join(folder, 'data')
  const env = {
    ...process.env,
    KUBECONFIG: cluster.berthKubeconfig,
    BERTH_RECONCILE_CONCURRENCY: String(concurrency),
    BERTH_LOG_LEVEL: 'warn',
  }
  try {
    // The nodes must have been seen once before anything fits on them.
    await (await startServer(env, data)).stop()
    const namespaces = await orderAll({ ...env, BERTH_ROLES: 'api' }, data)
    const watch = await watchReady(cluster.client)
    const server = await startServer(env, data)
    const seconds = ((await watch.allReady(count)) - watch.firstNamespace()) / 1_000
    watch.stop()
    await server.stop()
    return { seconds, namespaces }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function orderAll(env: NodeJS.ProcessEnv, data: string): Promise<string[]> {
  const server = await startServer(env, data)
  const client = await becomeCustomer(server.url)
  const names = Array.from({ length: count }, (_, index) => `bench-${index}`)
  const ordered = await inParallel(names, 8, (name) => order(client, { service: 'postgres', plan: 'nano', name }))
  await server.stop()
  return ordered.map(({ namespace }) => namespace)
}

async function byPlainLoop(subscriptions: readonly KubeObject[][]): Promise<number> {
  const cluster = await startSimulatedCluster(nodes)
  try {
    const watch = await watchReady(cluster.client)
    await inParallel(subscriptions, concurrency, async (objects) => {
      for (const object of objects) await cluster.client.apply(object)
    })
    const seconds = ((await watch.allReady(subscriptions.length)) - watch.firstNamespace()) / 1_000
    watch.stop()
    return seconds
  } finally {
    await cluster.stop()
  }
}
