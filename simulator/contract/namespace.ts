/** Paths of resources, and one namespace's objects under short names. */
import { type Answer, type Body, type Query, type Watch, type Wire } from './http.ts'
import { expectStatus } from './observe.ts'

const groupVersions: Record<string, string> = {
  deployments: 'apps/v1',
  replicasets: 'apps/v1',
  statefulsets: 'apps/v1',
  controllerrevisions: 'apps/v1',
  jobs: 'batch/v1',
  networkpolicies: 'networking.k8s.io/v1',
  ingresses: 'networking.k8s.io/v1',
  poddisruptionbudgets: 'policy/v1',
  storageclasses: 'storage.k8s.io/v1',
  leases: 'coordination.k8s.io/v1',
}

/** The path of a resource (plural), of one of its objects, or of an object's subresource. */
export function pathOf(resource: string, namespace?: string, name?: string, subresource?: string): string {
  const groupVersion = groupVersions[resource]
  const root = groupVersion === undefined ? '/api/v1' : `/apis/${groupVersion}`
  const scope = namespace === undefined ? '' : `/namespaces/${namespace}`
  return [root + scope, resource, name, subresource].filter((part) => part !== undefined).join('/')
}

/** The media types of PATCH, by the names that people use. */
export const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const

export type Namespace = {
  name: string
  path(resource: string, name?: string, subresource?: string): string
  post(resource: string, body: unknown, query?: Query): Promise<Answer>
  get(resource: string, name?: string, query?: Query): Promise<Answer>
  put(resource: string, body: Body, query?: Query): Promise<Answer>
  patch(type: keyof typeof patchTypes, resource: string, name: string, body: unknown, query?: Query): Promise<Answer>
  /** Server-side apply; the name is the body's. */
  apply(resource: string, manager: string, body: Applied, query?: Query): Promise<Answer>
  delete(resource: string, name: string, options?: unknown, query?: Query): Promise<Answer>
  /** Creates what must be accepted. */
  create(resource: string, body: unknown): Promise<Body>
  /** Reads what must be there. */
  read(resource: string, name: string): Promise<Body>
  /** The items of a list. */
  list(resource: string, query?: Query): Promise<Body[]>
  watch(resource: string, query?: Query): Promise<Watch>
}

export type Applied = { apiVersion: string; kind: string; metadata: { name: string }; [field: string]: unknown }

/** One namespace's objects. Methods named after HTTP's give any answer; the others fail on an unexpected status. */
export function openNamespace(wire: Wire, name: string): Namespace {
  const path: Namespace['path'] = (resource, object, subresource) => pathOf(resource, name, object, subresource)
  const call = (method: string, to: string, query: Query = {}, body?: unknown, contentType?: string) =>
    wire.call(method, to, { query, body, ...(contentType !== undefined && { contentType }) })
  const namespace: Namespace = {
    name,
    path,
    post: (resource, body, query) => call('POST', path(resource), query, body),
    get: (resource, object, query) => call('GET', path(resource, object), query),
    put: (resource, body, query) => call('PUT', path(resource, body.metadata.name), query, body),
    patch: (type, resource, object, body, query) =>
      call('PATCH', path(resource, object), query, body, patchTypes[type]),
    apply: (resource, manager, body, query) =>
      namespace.patch('apply', resource, body.metadata.name, body, { fieldManager: manager, ...query }),
    delete: (resource, object, options, query) => call('DELETE', path(resource, object), query, options),
    create: async (resource, body) => expectStatus(await namespace.post(resource, body), 201),
    read: async (resource, object) => expectStatus(await namespace.get(resource, object), 200),
    list: async (resource, query) => expectStatus(await namespace.get(resource, undefined, query), 200).items,
    watch: (resource, query) => wire.watch(path(resource), query),
  }
  return namespace
}
