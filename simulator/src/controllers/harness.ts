/** A cluster in a test: store, API and controllers on a clock that the test moves. */
import { createAdmission } from '../admission/admission.ts'
import { createLocalApi } from '../api/local.ts'
import { createOperations } from '../api/operations.ts'
import { createDrivenClock } from '../clock.ts'
import { createFaults } from '../faults.ts'
import { createLogs, type Logs } from '../logs.ts'
import { seedCluster } from '../seed.ts'
import { createStore } from '../store.ts'
import { type DrivenClock, type Faults } from '../types.ts'
import { type ControllerOptions, createControllers } from './index.ts'
import { nodeObject, type NodeSpec } from './node.ts'
import { type Cluster, createCluster } from './shared/cluster.ts'

export type TestCluster = {
  cluster: Cluster
  clock: DrivenClock
  faults: Faults
  logs: Logs
  /** Errors that were no API errors. A test that leaves some has found a mistake. */
  defects: unknown[]
  /** Moves the clock on by seconds. */
  pass: (seconds: number) => Promise<void>
  /** Stops the controllers and starts new ones on the same objects, as after a crash of the process. */
  restart: () => void
  stop: () => void
}

/** A running cluster. Three nodes of 4 CPUs in two zones unless told otherwise. */
export async function startTestCluster(
  nodes?: readonly NodeSpec[],
  options: ControllerOptions = {},
): Promise<TestCluster> {
  const clock = createDrivenClock()
  const store = createStore()
  const faults = createFaults()
  const logs = createLogs(() => clock.now())
  const operations = createOperations({ store, clock, admission: createAdmission(store) })
  const api = createLocalApi(store, clock, operations)
  const specs = nodes ?? [1, 2, 3].map((number) => ({ name: `node-${number}`, zone: `zone-${number % 2}` }))
  const defects: unknown[] = []
  const start = (): ReturnType<typeof createControllers> => {
    const controllers = createControllers(
      { api, clock, faults, logs },
      { onDefect: (error) => defects.push(error), ...options },
    )
    controllers.start()
    return controllers
  }
  seedCluster(api, [], true)
  let controllers = start()
  for (const spec of specs) api.create('nodes', nodeObject(spec))
  await clock.advance(0)
  return {
    cluster: createCluster(api),
    clock,
    faults,
    logs,
    defects,
    pass: (seconds) => clock.advance(seconds * 1000),
    restart() {
      controllers.stop()
      controllers = start()
    },
    stop: () => controllers.stop(),
  }
}
