import type { RequestListener } from 'node:http'
import { listen } from '../http/server.ts'
import { unavailable } from '../lib/errors.ts'
import type { Config } from '../config/types.ts'

/** The open port. It is taken first of all, so that a port in use is known before anything else is started. */
export type FrontDoor = {
  readonly port: number
  /** From now on this answers; before, everything but `/livez` is 503. */
  serve(app: RequestListener): void
  /** Ends open streams, lets running requests end for so long, and closes. Further calls wait for the first. */
  close(graceSeconds: number): Promise<void>
}

/** Throws `unavailable` with a sentence where the address cannot be had. */
export async function openFrontDoor(
  { host, port, publicUrl }: Pick<Config, 'host' | 'port' | 'publicUrl'>,
  shutdown: AbortController,
): Promise<FrontDoor> {
  let answer: RequestListener = answerStarting
  const app: RequestListener = (request, response) => answer(request, response)
  try {
    const server = await listen({ app, host, port, shutdown, problemBase: `${publicUrl}/problems` })
    let closing: Promise<void> | undefined
    return {
      port: server.port,
      serve: (ready) => void (answer = ready),
      close: (graceSeconds) => (closing ??= server.stop(graceSeconds)),
    }
  } catch (error) {
    throw cannotListen(error as NodeJS.ErrnoException, host, port)
  }
}

const answerStarting: RequestListener = (request, response) => {
  const alive = request.url === '/livez'
  const body = alive
    ? { status: 'alive' }
    : { type: 'about:blank', title: 'Service Unavailable', status: 503, code: 'STARTING', detail: 'Berth is starting.' }
  const contentType = alive ? 'application/json' : 'application/problem+json'
  response.writeHead(alive ? 200 : 503, { 'content-type': contentType, 'retry-after': '1' })
  response.end(JSON.stringify(body))
}

function cannotListen(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  const sentences: Record<string, string> = {
    EADDRINUSE: `Port ${port} is in use by another program: choose a free one, for example PORT=${port + 1}.`,
    EACCES: `Port ${port} needs rights that this process does not have: choose one above 1023, for example PORT=3000.`,
    EADDRNOTAVAIL: `HOST is "${host}", but this machine has no such address; for example HOST=0.0.0.0.`,
    ENOTFOUND: `HOST is "${host}", but no such address is known; for example HOST=0.0.0.0.`,
  }
  const sentence = sentences[cause.code ?? ''] ?? `Port ${port} on ${host} cannot be opened: ${cause.message}.`
  return unavailable('PORT', sentence, { cause })
}
