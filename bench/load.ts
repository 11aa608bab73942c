import { Agent, request } from 'node:http'
import { inParallel } from './parallel.ts'

/** One kind of request, sent again and again over connections that are kept. */
export type Load = { url: string; method: 'GET' | 'POST'; headers: Record<string, string>; body?: string }

/** Requests a second at that concurrency. Throws where one is answered with another status than 200. */
export async function rateOf(load: Load, count: number, concurrency: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency })
  const began = performance.now()
  try {
    await inParallel(Array.from({ length: count }), concurrency, () => send(load, agent))
    return count / ((performance.now() - began) / 1_000)
  } finally {
    agent.destroy()
  }
}

const send = ({ url, method, headers, body }: Load, agent: Agent): Promise<void> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { agent, method, headers }, (response) => {
      response.resume()
      response.on('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`${url} answered ${response.statusCode}`)),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })
