/** The cluster with its objects' types: a typed view of `Api`, which stores what the schema has validated. */
import { equal } from '../../json.ts'
import { type Api, type DeleteOptions, type KubeObject, type ObjectMeta } from '../../types.ts'
import { type Kinds, type Resource } from './kinds.ts'

/** An object to be created: the API server fills in uid, version and time. */
export type Draft = { metadata: DraftMetadata; [field: string]: unknown }

type DraftMetadata = { [K in keyof ObjectMeta]?: ObjectMeta[K] | undefined }

export type Cluster = {
  get<K extends Resource>(resource: K, namespace: string | undefined, name: string): Kinds[K] | undefined
  list<K extends Resource>(resource: K, namespace?: string): readonly Kinds[K][]
  /** Those whose controller is the object with this uid. */
  owned<K extends Resource>(resource: K, ownerUid: string): readonly Kinds[K][]
  create<K extends Resource>(resource: K, draft: Draft): Kinds[K]
  update<K extends Resource>(resource: K, object: Kinds[K]): Kinds[K]
  /** Writes the status if it differs from the stored one; returns what is stored then. */
  setStatus<K extends Resource>(resource: K, object: Kinds[K], status: Kinds[K]['status']): Kinds[K]
  delete(resource: Resource, object: KubeObject, options?: DeleteOptions): void
  /** The interface for resources of any kind. */
  api: Api
}

/** The typed view. The casts are here and nowhere else: the store holds under a key only what its schema admits. */
export function createCluster(api: Api): Cluster {
  return {
    get: <K extends Resource>(resource: K, namespace: string | undefined, name: string) =>
      api.get(resource, namespace, name) as Kinds[K] | undefined,
    list: <K extends Resource>(resource: K, namespace?: string) => api.list(resource, namespace) as readonly Kinds[K][],
    owned: <K extends Resource>(resource: K, ownerUid: string) =>
      api.listOwned(resource, ownerUid) as readonly Kinds[K][],
    create: <K extends Resource>(resource: K, draft: Draft) => api.create(resource, draft) as Kinds[K],
    update: <K extends Resource>(resource: K, object: Kinds[K]) => api.update(resource, object) as Kinds[K],
    setStatus<K extends Resource>(resource: K, object: Kinds[K], status: Kinds[K]['status']) {
      if (equal(object.status, status)) return object
      return api.updateStatus(resource, { ...object, status }) as Kinds[K]
    },
    delete(resource, object, options = {}) {
      const { namespace, name, uid } = object.metadata
      api.delete(resource, namespace, name, { preconditions: { uid }, ...options })
    },
    api,
  }
}

/** `namespace/name`, or the name alone of an object without namespace. */
export function keyOf(object: { metadata: { name: string; namespace?: string } }): string {
  const { namespace, name } = object.metadata
  return namespace === undefined ? name : `${namespace}/${name}`
}

/** The namespace and the name of a key. */
export function splitKey(key: string): [namespace: string | undefined, name: string] {
  const slash = key.indexOf('/')
  return slash < 0 ? [undefined, key] : [key.slice(0, slash), key.slice(slash + 1)]
}
