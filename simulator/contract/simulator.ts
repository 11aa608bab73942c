/** The simulator as a target: one per file, on a port of its own. */
import { type Simulator, startSimulator } from '../src/index.ts'
import { type Connection } from './http.ts'

const historyLimit = 500

/** A kubelet in a hurry, that takes long enough for what happens in between to be seen. */
const timings = {
  imagePullMilliseconds: 20,
  containerStartMilliseconds: 20,
  terminationMilliseconds: 400,
  completionMilliseconds: 50,
  heartbeatSeconds: 5,
}

/** Writes more changes than are kept, so that the first versions are as far gone as on a cluster that has run a while. */
function grow(simulator: Simulator): void {
  const data = (value: number) => ({ data: { value: String(value) } })
  const metadata = { name: 'aged', namespace: 'default' }
  simulator.api.create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata, ...data(0) })
  for (let change = 1; change < 4 * historyLimit; change += 1) {
    const aged = simulator.api.get('configmaps', 'default', 'aged')
    if (aged !== undefined) simulator.api.update('configmaps', { ...aged, ...data(change) })
  }
}

const token = 'whoever-runs-the-contract'

/** Starts a simulator in which images of `registry.invalid` cannot be pulled, as on a cluster that reaches no registry. */
export async function openSimulator(): Promise<{ connection: Connection; stop(): Promise<void> }> {
  const simulator = await startSimulator({ historyLimit, timings, token })
  simulator.faults.add({ kind: 'imagePull', image: 'registry.invalid/*' })
  grow(simulator)
  const options = { headers: { authorization: `Bearer ${token}` }, ca: simulator.authority }
  return { connection: { url: simulator.url, options }, stop: () => simulator.stop() }
}
