/** A Kubernetes API server in memory, with controllers that make its pods run: for development and tests. */
import { once } from 'node:events'
import { type Server } from 'node:http'
import { createAdmission } from './admission/admission.ts'
import { createLocalApi } from './api/local.ts'
import { createOperations } from './api/operations.ts'
import { createRealClock } from './clock.ts'
import { type ControllerOptions, createControllers } from './controllers/index.ts'
import { nodeObject, type NodeSpec } from './controllers/node.ts'
import { createFaults } from './faults.ts'
import { createAuthentication } from './http/authentication.ts'
import { type Certificate, certificateFor } from './http/certificate.ts'
import { type Counters } from './http/control.ts'
import { createLister } from './http/list.ts'
import { createResourceHandler } from './http/resource.ts'
import { createSerialiser } from './http/serialise.ts'
import { createHttpServer } from './http/server.ts'
import { createWatches, type Watches } from './http/watch.ts'
import { createWrites } from './http/write.ts'
import { type Journal, openJournal } from './journal.ts'
import { kubeconfigFor } from './kubeconfig.ts'
import { createLogs, type Logs } from './logs.ts'
import { seedCluster } from './seed.ts'
import { createStore, type Store } from './store.ts'
import { type Api, type Clock, type DrivenClock, type Faults } from './types.ts'

export { createDrivenClock, createRealClock } from './clock.ts'
export { createFaults } from './faults.ts'
export { type NodeSpec } from './controllers/node.ts'
export type * from './types.ts'

export type SimulatorOptions = {
  /** 0, the default, takes a free one. */
  port?: number
  /** 127.0.0.1 unless told otherwise. */
  host?: string
  /**
   * What requests must carry as `Authorization: Bearer`. The server then speaks HTTPS, because kubectl sends no token
   * over plain HTTP. Without one it is open to every program of this machine, and answers to loopback names alone.
   */
  token?: string
  /** How many nodes, or which; 3 by default. Made once, when the cluster has none. */
  nodes?: number | readonly NodeSpec[]
  clock?: Clock | DrivenClock
  /** The folder in which the cluster outlives the process; without one it lives in memory alone. */
  journal?: string
  /** How fast kubelets are, and how soon a silent node is given up. */
  timings?: ControllerOptions
  /** Changes per resource that a watch can resume from, at least; 4096 by default. */
  historyLimit?: number
}

export type Simulator = {
  url: string
  port: number
  /** The certificate that clients must trust, as PEM, where there is a token. */
  authority?: string
  /** A kubeconfig, as YAML. */
  kubeconfig(): string
  /** The cluster without HTTP, for tests in the same process. */
  api: Api
  clock: Clock | DrivenClock
  faults: Faults
  /** Ends controllers, watches and connections, and writes what the journal still has to. */
  stop(): Promise<void>
}

function nodesOf(nodes: number | readonly NodeSpec[] = 3): NodeSpec[] {
  if (typeof nodes !== 'number') return [...nodes]
  return Array.from({ length: nodes }, (_, index) => ({
    name: `node-${index + 1}`,
    zone: `zone-${'abc'[index % 3] ?? 'a'}`,
  }))
}

type Parts = { store: Store; clock: Clock; faults: Faults; logs: Logs }
type Access = { token: string; certificate: Certificate }

function openServer(
  { store, clock, faults, logs }: Parts,
  access: Access | undefined,
): { api: Api; server: Server; watches: Watches } {
  const operations = createOperations({ store, clock, admission: createAdmission(store) })
  const watches = createWatches({ store, clock, faults })
  const counters: Counters = { requests: 0, watches: watches.count }
  const serveResource = createResourceHandler({
    store,
    clock,
    operations,
    writes: createWrites(store, clock, operations),
    lister: createLister(store),
    watches,
    serialiser: createSerialiser(),
    logs,
  })
  const authenticate = createAuthentication(access?.token)
  const server = createHttpServer({
    ...{ store, clock, faults, counters, serveResource, authenticate },
    ...(access && { certificate: access.certificate }),
  })
  return { api: createLocalApi(store, clock, operations), server, watches }
}

function journalFailed(error: unknown): void {
  const why = error instanceof Error ? error.message : String(error)
  process.stderr.write(`simulator: the journal cannot be written: ${why}\n`)
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address ? address.port : port
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

const accessWith = (token: string, host: string): Access => ({ token, certificate: certificateFor(token, host) })

/** Starts a cluster. Rejects when the port is taken or the journal's folder cannot be used. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const clock = options.clock ?? createRealClock()
  const store = createStore(options.historyLimit)
  const faults = createFaults()
  const logs = createLogs(() => clock.now())
  const journal: Journal | undefined = options.journal
    ? await openJournal(options.journal, store, journalFailed)
    : undefined
  const host = options.host ?? '127.0.0.1'
  const access = options.token === undefined ? undefined : accessWith(options.token, host)
  const { api, server, watches } = openServer({ store, clock, faults, logs }, access)
  const first = store.count('storageclasses.storage.k8s.io') + store.count('nodes') === 0
  seedCluster(api, nodesOf(options.nodes).map(nodeObject), first)
  const controllers = createControllers({ api, clock, faults, logs }, options.timings)
  const port = await listen(server, options.port ?? 0, host)
  controllers.start()
  const url = `${access ? 'https' : 'http'}://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`
  return {
    url,
    port,
    ...(access && { authority: access.certificate.cert }),
    kubeconfig: () => kubeconfigFor(url, access && { token: access.token, authority: access.certificate.cert }),
    api,
    clock,
    faults,
    async stop() {
      controllers.stop()
      watches.close()
      await close(server)
      await journal?.close()
    },
  }
}
