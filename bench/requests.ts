import { randomUUID } from 'node:crypto'
import { realCluster, startSimulatedCluster, type BenchCluster } from './cluster.ts'
import { inParallel } from './parallel.ts'
import { verdict } from './report.ts'

/** Server-side applies a second, of the simulator and of a real API server, with the same client and concurrency. */
const count = 3_000
const concurrency = 32

export async function requests(): Promise<void> {
  const simulated = await rate(await startSimulatedCluster(3))
  console.log(`simulator:     ${simulated.toFixed(0)} applies a second`)
  const cluster = realCluster(process.env)
  if (!cluster) return console.log('Skipped on a real cluster: KUBECONFIG is not set.')
  const real = await rate(cluster)
  console.log(`real cluster:  ${real.toFixed(0)} applies a second`)
  verdict('requests', simulated / real, '>=1.00')
}

async function rate(cluster: BenchCluster): Promise<number> {
  const namespace = `bench-${randomUUID()}`
  const ref = { apiVersion: 'v1', kind: 'Namespace', name: namespace }
  try {
    await cluster.client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
    const names = Array.from({ length: count }, (_, index) => `object-${index}`)
    const began = performance.now()
    await inParallel(names, concurrency, (name) =>
      cluster.client.apply({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace },
        data: { name, text: 'x'.repeat(200) },
      }),
    )
    return count / ((performance.now() - began) / 1_000)
  } finally {
    await cluster.client.delete(ref)
    await cluster.stop()
  }
}
