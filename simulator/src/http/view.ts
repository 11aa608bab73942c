/** Objects in the representation that a client asked for. */
import { apiVersionOf, type Resource } from '../registry/resources.ts'
import { columnsOf, rowOf } from '../registry/columns.ts'
import { type KubeObject } from '../types.ts'
import { type Representation } from './exchange.ts'
import { type Serialiser } from './serialise.ts'

export type ListMeta = { resourceVersion: string; continue?: string; remainingItemCount?: number }

export type View = {
  one(resource: Resource, object: KubeObject): string
  list(resource: Resource, objects: readonly KubeObject[], metadata: ListMeta): string
  /** An object in a watch event; only the first table of a watch carries column definitions. */
  event(resource: Resource, object: KubeObject, first: boolean): string
}

function partial(object: KubeObject): unknown {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata }
}

function table(
  resource: Resource,
  objects: readonly KubeObject[],
  metadata: { resourceVersion: string },
  include: string,
  now: Date,
  definitions: boolean,
): string {
  return JSON.stringify({
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: definitions ? columnsOf(resource.key) : null,
    rows: objects.map((object) => ({
      ...rowOf(resource.key, object, now),
      object: include === 'Object' ? object : include === 'None' ? null : partial(object),
    })),
  })
}

/** The view for a representation; `include` is the `includeObject` of tables. */
export function createView(serialiser: Serialiser, kind: Representation, include: string, now: () => Date): View {
  const versionOf = (object: KubeObject): { resourceVersion: string } => ({
    resourceVersion: object.metadata.resourceVersion,
  })
  if (kind === 'table') {
    return {
      one: (resource, object) => table(resource, [object], versionOf(object), include, now(), true),
      list: (resource, objects, metadata) => table(resource, objects, metadata, include, now(), true),
      event: (resource, object, first) => table(resource, [object], versionOf(object), include, now(), first),
    }
  }
  if (kind === 'metadata') {
    const one = (_resource: Resource, object: KubeObject): string => JSON.stringify(partial(object))
    return {
      one,
      list: (_resource, objects, metadata) =>
        JSON.stringify({
          kind: 'PartialObjectMetadataList',
          apiVersion: 'meta.k8s.io/v1',
          metadata,
          items: objects.map(partial),
        }),
      event: one,
    }
  }
  return {
    one: (_resource, object) => serialiser.json(object),
    list: (resource, objects, metadata) =>
      `{"kind":"${resource.kind}List","apiVersion":"${apiVersionOf(resource)}","metadata":${JSON.stringify(metadata)},` +
      `"items":[${objects.map(serialiser.item).join(',')}]}`,
    event: (_resource, object) => serialiser.json(object),
  }
}
