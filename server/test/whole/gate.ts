import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { openSource, type Connection } from '../../kube/connection.ts'

/**
 * Stands between a server and its cluster and counts what the one asks of the other, so that a test can strike at an
 * exact step: just before a request reaches the cluster, or when the cluster did what was asked and nobody knows yet.
 */
export type Gate = {
  /** What the server is started with instead of the cluster's own. */
  kubeconfigFile: string
  /** Requests of the armed kind since `arm`. */
  counted(): readonly string[]
  /**
   * Counts from now on; at the n-th request the gate shuts and calls `strike`. Until `open` nothing passes any more:
   * what the dead one had still on the wire is lost with it.
   */
  arm(plan: Plan): void
  open(): void
  /** Watches that are open now: who has them is the one that watches. */
  watches(): number
  /** Every connection ends at once, and so does every new one, as when the API server is away; until `open`. */
  shut(): void
  close(): Promise<void>
}
export type Moment = 'before' | 'after'
type Plan = {
  counts: (request: { method: string; path: string }) => boolean
  at: number
  when: Moment
  strike: () => void
}

export const isWrite = ({ method }: { method: string }): boolean => method !== 'GET'
/** Also what is only read: a step may end with looking. */
export const isNoWatch = ({ path }: { path: string }): boolean => !path.includes('watch=true')

export async function openGate(kubeconfigFile: string, folder: string): Promise<Gate> {
  const connection = await openSource({ kubeconfigFile })()
  const agent =
    connection.url.protocol === 'https:' ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true })
  let plan: Plan | undefined
  let counted: string[] = []
  let isShut = false
  let watches = 0

  const serve = (request: IncomingMessage, response: ServerResponse) => {
    const { method = 'GET', url: path = '/' } = request
    // A kept connection may bring a request after the gate was shut.
    if (isShut) return void request.socket.destroy()
    const due = plan?.counts({ method, path }) === true && counted.push(`${method} ${path}`) === plan.at
    const strike = due ? plan : undefined
    const shutAnd = (then: () => void) => {
      shut()
      then()
    }
    if (strike?.when === 'before') return shutAnd(strike.strike)
    const watching = path.includes('watch=true')
    if (watching) watches++
    response.once('close', () => {
      if (watching) watches--
      outgoing.destroy()
    })
    const outgoing = forward(connection, agent, request, (answer) => {
      if (strike) return shutAnd(strike.strike)
      if (isShut) return void request.socket.destroy()
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      // A watch on which nothing happens is open all the same.
      response.flushHeaders()
      answer.pipe(response)
    })
    outgoing.on('error', () => request.socket.destroy())
    request.pipe(outgoing)
  }
  const server = http.createServer(serve).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const shut = () => {
    isShut = true
    server.closeAllConnections()
  }
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const ownFile = join(folder, `gate-${port}.kubeconfig`)
  writeFileSync(ownFile, kubeconfigOf(port), { mode: 0o600 })
  return {
    kubeconfigFile: ownFile,
    counted: () => counted,
    arm(next) {
      counted = []
      plan = next
    },
    open() {
      plan = undefined
      isShut = false
    },
    watches: () => watches,
    shut,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      agent.destroy()
      await closed
    },
  }
}

/** The gate has the account's credentials; who comes through it needs none. */
function forward(
  { url, tls, headers }: Connection,
  agent: http.Agent,
  { method, url: path, headers: asked }: IncomingMessage,
  onAnswer: (answer: IncomingMessage) => void,
): http.ClientRequest {
  const { host: _host, connection: _connection, ...given } = asked
  const options = {
    ...tls,
    agent,
    host: url.hostname,
    port: url.port === '' ? 443 : Number(url.port),
    method,
    path,
    headers: { ...given, ...headers },
  }
  return (url.protocol === 'https:' ? https : http).request(options, onAnswer)
}

const kubeconfigOf = (port: number): string =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'gate',
    contexts: [{ name: 'gate', context: { cluster: 'gate', user: 'gate' } }],
    clusters: [{ name: 'gate', cluster: { server: `http://127.0.0.1:${port}` } }],
    users: [{ name: 'gate', user: {} }],
  })
