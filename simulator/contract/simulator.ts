/** The simulator as a target: one per file, on a port of its own. */
import { startSimulator } from '../src/index.ts'
import { type Connection } from './http.ts'

/**
 * Starts a simulator in which those things fail that fail for real on a cluster without a registry: images of
 * `registry.invalid` cannot be pulled.
 */
export async function openSimulator(): Promise<{ connection: Connection; stop(): Promise<void> }> {
  const simulator = await startSimulator()
  simulator.faults.add({ kind: 'imagePull', image: 'registry.invalid/*' })
  return { connection: { url: simulator.url, options: {} }, stop: simulator.stop }
}
