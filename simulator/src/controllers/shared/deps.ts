/** What every controller is given. */
import { type Logs } from '../../logs.ts'
import { type Clock, type Faults } from '../../types.ts'
import { type Changes } from './changes.ts'
import { type Cluster } from './cluster.ts'
import { type Events } from './events.ts'
import { type PodIndex } from './pod-index.ts'
import { type Queue } from './queue.ts'

export type Timings = {
  /** The first pull of an image on a node; later ones find it there. */
  imagePullMilliseconds: number
  containerStartMilliseconds: number
  /** From deletion to the end of the containers; never more than the grace period. */
  terminationMilliseconds: number
  /** How long a container of a pod that is to complete runs, unless its command or annotation says otherwise. */
  completionMilliseconds: number
  heartbeatSeconds: number
  /** A node that has not been heard of for so long is `Unknown`. */
  monitorGraceSeconds: number
}

export type Deps = {
  cluster: Cluster
  changes: Changes
  clock: Clock
  faults: Faults
  events: Events
  pods: PodIndex
  timings: Timings
  logs?: Logs | undefined
  /** A work queue that stops with the controllers. */
  queue(reconcile: (key: string) => void): Queue
  onStop(run: () => void): void
}
