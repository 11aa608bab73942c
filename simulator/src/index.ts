/** A Kubernetes API server in memory, with controllers that make its pods run: for development and tests. */
import { once } from 'node:events'
import { createAdmission } from './admission/admission.ts'
import { createLocalApi } from './api/local.ts'
import { createOperations } from './api/operations.ts'
import { createRealClock } from './clock.ts'
import { createFaults } from './faults.ts'
import { type Counters } from './http/control.ts'
import { createLister } from './http/list.ts'
import { createResourceHandler } from './http/resource.ts'
import { createSerialiser } from './http/serialise.ts'
import { createHttpServer } from './http/server.ts'
import { createWatches } from './http/watch.ts'
import { createWrites } from './http/write.ts'
import { kubeconfigFor } from './kubeconfig.ts'
import { createLogs } from './logs.ts'
import { seedCluster } from './seed.ts'
import { createStore } from './store.ts'
import { type Api, type Clock, type DrivenClock, type Faults } from './types.ts'

export { createDrivenClock, createRealClock } from './clock.ts'
export { createFaults } from './faults.ts'
export type * from './types.ts'

export type SimulatorOptions = {
  /** 0, the default, takes a free one. */
  port?: number
  /** 127.0.0.1 unless told otherwise: nobody has to authenticate. */
  host?: string
  clock?: Clock | DrivenClock
  /** Changes per resource that a watch can resume from, at least; 4096 by default. */
  historyLimit?: number
}

export type Simulator = {
  url: string
  port: number
  kubeconfig(): string
  api: Api
  clock: Clock | DrivenClock
  faults: Faults
  stop(): Promise<void>
}

export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const clock = options.clock ?? createRealClock()
  const store = createStore(options.historyLimit)
  const faults = createFaults()
  const logs = createLogs(() => clock.now())
  const admission = createAdmission(store)
  const operations = createOperations({ store, clock, admission })
  const api = createLocalApi(store, clock, operations)
  seedCluster(api, [], store.count('namespaces') === 0)
  const watches = createWatches({ store, clock, faults })
  const writes = createWrites(store, clock, operations)
  const counters: Counters = { requests: 0, watches: watches.count }
  const serveResource = createResourceHandler({
    store,
    clock,
    operations,
    writes,
    lister: createLister(store),
    watches,
    serialiser: createSerialiser(),
    logs,
  })
  const server = createHttpServer({ store, clock, faults, counters, serveResource })
  server.listen(options.port ?? 0, options.host ?? '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const url = `http://${options.host ?? '127.0.0.1'}:${port}`
  return {
    url,
    port,
    kubeconfig: () => kubeconfigFor(url),
    api,
    clock,
    faults,
    async stop() {
      watches.close()
      server.close()
      server.closeAllConnections()
      if (server.listening) await once(server, 'close')
    },
  }
}
