import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startServer } from '../demo/server.ts'
import { realCluster, startSimulatedCluster, type BenchCluster } from './cluster.ts'
import { becomeCustomer, metric, order, remove, until } from './customer.ts'
import { dumpNamespace, renamed } from './objects.ts'
import { watchReady, type ReadyWatch } from './ready-watch.ts'
import { median, milliseconds, verdict } from './report.ts'

/**
 * From POST to Ready against `kubectl apply` of the same objects to Ready, taking turns. Ready is read by the same
 * watch for both; the objects are those that Berth made, dumped from the cluster.
 */
const rounds = Number(process.env['BERTH_BENCH_ROUNDS'] ?? 10)
const goal = 1.1
const kubectl = process.env['KUBECTL'] ?? 'kubectl'
const run = promisify(execFile)

export async function provision(): Promise<void> {
  const simulated = await startSimulatedCluster(3)
  try {
    await measure(simulated)
  } finally {
    await simulated.stop()
  }
  const real = realCluster(process.env)
  if (!real) return console.log('Skipped on a real cluster: KUBECONFIG is not set.')
  try {
    await measure(real)
  } finally {
    await real.stop()
  }
}

async function measure(cluster: BenchCluster): Promise<void> {
  console.log(`\nOn the ${cluster.name}, ${rounds} rounds in turns`)
  const server = await startServer({ ...process.env, KUBECONFIG: cluster.berthKubeconfig })
  const watch = await watchReady(cluster.client)
  const samples = { berth: [] as number[], answered: [] as number[], kubectl: [] as number[] }
  try {
    const client = await becomeCustomer(server.url)
    const cpuBefore = await metric(server.url, 'process_cpu_seconds_total')
    for (let round = 0; round < rounds; round++) {
      const name = `bench-${round}`
      const began = performance.now()
      const { id, namespace } = await order(client, { service: 'postgres', plan: 'small', name })
      samples.answered.push(performance.now() - began)
      samples.berth.push((await watch.ready(namespace)) - began)
      const objects = await dumpNamespace(cluster.client, namespace)
      await remove(client, id, name)
      samples.kubectl.push(await byKubectl(cluster, watch, renamed(objects, namespace, `bench-${randomUUID()}`)))
    }
    const cpu = (await metric(server.url, 'process_cpu_seconds_total')) - cpuBefore
    console.log(`Berth, ms to Ready:    ${milliseconds(samples.berth)}  median ${median(samples.berth).toFixed(0)}`)
    console.log(`kubectl, ms to Ready:  ${milliseconds(samples.kubectl)}  median ${median(samples.kubectl).toFixed(0)}`)
    console.log(
      `Berth's answer, ms:    ${milliseconds(samples.answered)}  median ${median(samples.answered).toFixed(0)}`,
    )
    console.log(`Berth's CPU-seconds for one subscription, from its order to its end: ${(cpu / rounds).toFixed(3)}`)
    verdict(`provision (${cluster.name})`, median(samples.berth) / median(samples.kubectl), `<=${goal.toFixed(2)}`)
  } finally {
    watch.stop()
    await server.stop()
  }
}

async function byKubectl(
  cluster: BenchCluster,
  watch: ReadyWatch,
  objects: Awaited<ReturnType<typeof dumpNamespace>>,
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-bench-'))
  const file = join(folder, 'objects.yaml')
  const namespace = objects[0]?.metadata.name ?? ''
  await writeFile(file, objects.map((object) => JSON.stringify(object)).join('\n---\n'))
  const began = performance.now()
  await run(kubectl, ['--kubeconfig', cluster.adminKubeconfig, 'apply', '-f', file])
  const took = (await watch.ready(namespace)) - began
  await cluster.client.delete({ apiVersion: 'v1', kind: 'Namespace', name: namespace })
  await until(
    async () => (await cluster.client.get({ apiVersion: 'v1', kind: 'Namespace', name: namespace })) === undefined,
  )
  await rm(folder, { recursive: true })
  return took
}
