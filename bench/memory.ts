import { startServer } from '../demo/server.ts'
import { metric } from './customer.ts'
import { verdict } from './report.ts'

/** Resident memory of an idle server process; the embedded PostgreSQL and the simulator are processes of their own. */
const goalMegabytes = 180
const idleSeconds = 30

export async function memory(): Promise<void> {
  const server = await startServer(process.env)
  try {
    const samples: number[] = []
    for (let second = 0; second < idleSeconds; second++) {
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      samples.push((await metric(server.url, 'process_resident_memory_bytes')) / 1e6)
    }
    console.log(`MB, second by second: ${samples.map((sample) => sample.toFixed(0)).join(' ')}`)
    const last = samples.at(-1) ?? NaN
    console.log(`idle: ${last.toFixed(0)} MB of ${goalMegabytes}`)
    verdict('memory', last / goalMegabytes, '<=1.00')
  } finally {
    await server.stop()
  }
}
