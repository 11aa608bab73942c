/** Hands each committed change to the controllers that care for its resource; at start, every stored object once. */
import { type Api, type Change } from '../../types.ts'
import { type Kinds, type Resource } from './kinds.ts'

type TypedChange<K extends Resource> = {
  type: Change['type']
  object: Kinds[K]
  previous?: Kinds[K]
}

export type Changes = {
  /** Registers before `start`. A handler notes and enqueues; it does no work. */
  on<K extends Resource>(resource: K, handler: (change: TypedChange<K>) => void): void
  /** For every resource. Existing objects of `replayed` resources come at start. */
  onAny(handler: (change: Change) => void): void
  start: () => void
  stop: () => void
}

/** Changes of an API server, by resource. `resources` are replayed at start as if they had just been added. */
export function createChanges(api: Api, resources: readonly string[]): Changes {
  const byResource = new Map<string, ((change: Change) => void)[]>()
  const any: ((change: Change) => void)[] = []
  let unsubscribe: (() => void) | undefined

  function deliver(change: Change): void {
    for (const handler of byResource.get(change.resource) ?? []) handler(change)
    for (const handler of any) handler(change)
  }

  return {
    on<K extends Resource>(resource: K, handler: (change: TypedChange<K>) => void) {
      const handlers = byResource.get(resource) ?? []
      // The change's resource is K, so its objects are Kinds[K]: see createCluster.
      handlers.push(handler as unknown as (change: Change) => void)
      byResource.set(resource, handlers)
    },
    onAny: (handler) => void any.push(handler),
    start() {
      unsubscribe = api.onChange(deliver)
      for (const resource of resources)
        for (const object of api.list(resource)) deliver({ type: 'ADDED', resource, object })
    },
    stop() {
      unsubscribe?.()
      unsubscribe = undefined
    },
  }
}
