/**
 * The seam between the simulator's two halves: the API server (storage, wire protocol, admission) and the controllers
 * (scheduler, kubelet, workloads). Controllers see the cluster through `Api` and `Clock` alone.
 */

import { type Logs } from './logs.ts'

export type OwnerReference = {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

export type ObjectMeta = {
  name: string
  namespace?: string
  uid: string
  resourceVersion: string
  generation?: number
  creationTimestamp: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  finalizers?: string[]
  ownerReferences?: OwnerReference[]
  generateName?: string
  managedFields?: unknown[]
}

/** Any object that the cluster stores. Stored objects are frozen by convention: never mutate one, write a new one. */
export type KubeObject = {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  spec?: unknown
  status?: unknown
  [field: string]: unknown
}

/** A resource by its key `plural.group`, or just `plural` in the core group: `pods`, `deployments.apps`. */
export type ResourceKey = string

export type Change = {
  type: 'ADDED' | 'MODIFIED' | 'DELETED'
  resource: ResourceKey
  object: KubeObject
  previous?: KubeObject
}

export type DeleteOptions = {
  gracePeriodSeconds?: number
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
  preconditions?: { uid?: string; resourceVersion?: string }
}

/**
 * The cluster as a controller sees it: synchronous, in the same process, through the same defaulting, validation,
 * admission and resourceVersion rules as HTTP requests. Methods throw an `ApiError` (see `errors.ts`) with the
 * `Status` that a client would get. `update` with a stale resourceVersion is a 409.
 */
export type Api = {
  get(resource: ResourceKey, namespace: string | undefined, name: string): KubeObject | undefined
  /** All objects of a resource, or those of one namespace, without copying. */
  list(resource: ResourceKey, namespace?: string): readonly KubeObject[]
  /** Objects of a resource with that controller owner (indexed: cost is the number of results). */
  listOwned(resource: ResourceKey, ownerUid: string): readonly KubeObject[]
  /** Objects of any resource that name this uid as an owner, controller or not (indexed, for garbage collection). */
  listDependents(ownerUid: string): readonly { resource: ResourceKey; object: KubeObject }[]
  create(resource: ResourceKey, object: unknown): KubeObject
  update(resource: ResourceKey, object: KubeObject): KubeObject
  updateStatus(resource: ResourceKey, object: KubeObject): KubeObject
  /** Sets spec.nodeName, as the `binding` subresource does. */
  bind(namespace: string, pod: string, node: string): KubeObject
  delete(resource: ResourceKey, namespace: string | undefined, name: string, options?: DeleteOptions): void
  /** Removes an object for good without graceful deletion (kubelet finishing a pod, garbage collection). */
  remove(resource: ResourceKey, namespace: string | undefined, name: string): void
  /** Called after each committed change, in order, synchronously. Controllers enqueue keys here and do no work. */
  onChange(listener: (change: Change) => void): () => void
}

export type Timer = { cancel(): void }

/** Real time or driven by tests: nothing in the simulator reads `Date.now()` or calls `setTimeout` but the clock. */
export type Clock = {
  now(): Date
  after(milliseconds: number, run: () => void): Timer
  /** Queues a run as soon as possible, after the present turn (also on a driven clock). */
  soon(run: () => void): void
}

/** A clock that stands still until it is moved. `advance` runs each timer that falls due, in order, with its effects. */
export type DrivenClock = Clock & { advance(milliseconds: number): Promise<void> }

/** What goes wrong on purpose. Faults are added and removed by tests, by id, in process or over the control endpoint. */
export type Fault =
  | { kind: 'latency'; milliseconds: number; match?: RequestMatch }
  | { kind: 'error'; status: 429 | 500 | 503 | 504; match?: RequestMatch; count?: number }
  /** Every connection is closed without an answer: the API server is gone. */
  | { kind: 'unreachable' }
  /** Open watches are cut now, and new ones are cut after this time (0: at once). */
  | { kind: 'dropWatches'; afterMilliseconds?: number }
  /** Watches from an older resourceVersion get 410 Gone. */
  | { kind: 'expireHistory' }
  | { kind: 'nodeDown'; node: string }
  /** Image references (exact or with `*`) that end in ErrImagePull, then ImagePullBackOff. */
  | { kind: 'imagePull'; image: string }
  /** Containers whose image or name matches exit at once with this code and log, so that they end in CrashLoopBackOff. */
  | { kind: 'crash'; image?: string; container?: string; exitCode?: number; log?: string }
  /** Claims of this storage class (or name) never bind. */
  | { kind: 'volumeNeverBinds'; storageClass?: string; claim?: string }

export type RequestMatch = { method?: string; path?: string }

/** The switches, as the API server, the kubelet and the volume controller ask them. */
export type Faults = {
  add(fault: Fault): string
  remove(id: string): void
  clear(): void
  list(): readonly { id: string; fault: Fault }[]
  /** The active faults of one kind, narrowed. */
  active<K extends Fault['kind']>(kind: K): readonly Extract<Fault, { kind: K }>[]
  onChange(listener: () => void): () => void
}

export type Controller = { start(): void; stop(): void }

export type ControllerContext = { api: Api; clock: Clock; faults: Faults; logs: Logs }
