/** The OpenAPI documents, from the same schema that decodes objects: enough for kubectl's validation and explain. */
import { type JsonObject } from '../json.ts'
import { apiVersionOf, type Resource, resources } from '../registry/resources.ts'
import { type Definition, definitionNames, definitions, type FieldType, kubernetesVersion } from '../schema/schema.ts'
import { groups } from './discovery.ts'

type Gvk = { group: string; version: string; kind: string }

const info = { title: 'Kubernetes', version: kubernetesVersion }

const kindsByDefinition = new Map<string, Gvk>(
  Object.entries(definitionNames).map(([key, name]) => {
    const parts = key.split('/')
    const kind = parts.pop() ?? ''
    const version = parts.pop() ?? ''
    return [name, { group: parts[0] ?? '', version, kind }]
  }),
)

function property(type: FieldType, prefix: string): JsonObject {
  if (typeof type === 'string') {
    if (type === 'intOrString') return { type: 'string', format: 'int-or-string' }
    if (type === 'quantity') return { type: 'string' }
    if (type === 'bytes') return { type: 'string', format: 'byte' }
    return { type: type === 'any' ? 'object' : type }
  }
  if ('ref' in type) {
    const reference = { $ref: prefix + type.ref }
    return type.strategy ? { allOf: [reference], 'x-kubernetes-patch-strategy': type.strategy } : reference
  }
  if ('map' in type) {
    const map = { type: 'object', additionalProperties: property(type.map, prefix) }
    return type.atomic ? { ...map, 'x-kubernetes-map-type': 'atomic' } : map
  }
  return {
    type: 'array',
    items: property(type.list, prefix),
    ...(type.type ? { 'x-kubernetes-list-type': type.type } : { 'x-kubernetes-list-type': 'atomic' }),
    ...(type.keys ? { 'x-kubernetes-list-map-keys': type.keys } : {}),
    ...(type.mergeKey ? { 'x-kubernetes-patch-merge-key': type.mergeKey } : {}),
    ...(type.strategy ? { 'x-kubernetes-patch-strategy': type.strategy } : {}),
  }
}

function schemaOf(name: string, definition: Definition, prefix: string): JsonObject {
  const gvk = kindsByDefinition.get(name)
  const properties = Object.entries(definition.fields).map(([field, type]) => [field, property(type, prefix)])
  return {
    type: 'object',
    description: '',
    ...(properties.length ? { properties: Object.fromEntries(properties) } : {}),
    ...(definition.required ? { required: definition.required } : {}),
    ...(definition.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
    ...(gvk ? { 'x-kubernetes-group-version-kind': [gvk] } : {}),
  }
}

const parameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force', 'pretty']

function operation(resource: Resource, action: string, v3: boolean): JsonObject {
  const { group, version, kind } = resource
  return {
    operationId: `${action}${kind}`,
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, version, kind },
    parameters: parameters.map((name) => {
      const type = name === 'force' ? 'boolean' : 'string'
      return { name, in: 'query', ...(v3 ? { schema: { type } } : { type }) }
    }),
    responses: { 200: { description: 'OK' } },
  }
}

function paths(served: readonly Resource[], v3: boolean): JsonObject {
  const result: JsonObject = {}
  for (const resource of served) {
    const root = resource.group ? `/apis/${resource.group}` : '/api'
    const collection = `${root}/${resource.version}${resource.namespaced ? '/namespaces/{namespace}' : ''}/${resource.plural}`
    result[collection] = { get: operation(resource, 'list', v3), post: operation(resource, 'post', v3) }
    result[`${collection}/{name}`] = {
      get: operation(resource, 'get', v3),
      put: operation(resource, 'put', v3),
      patch: operation(resource, 'patch', v3),
      delete: operation(resource, 'delete', v3),
    }
  }
  return result
}

function schemas(names: Iterable<string>, prefix: string): JsonObject {
  const result: JsonObject = {}
  for (const name of names) {
    const definition = definitions[name]
    if (definition) result[name] = schemaOf(name, definition, prefix)
  }
  return result
}

function referencesOf(type: FieldType): string[] {
  if (typeof type === 'string') return []
  return 'ref' in type ? [type.ref] : referencesOf('list' in type ? type.list : type.map)
}

function reachable(start: readonly string[]): Set<string> {
  const found = new Set<string>()
  const queue = [...start]
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (found.has(name)) continue
    found.add(name)
    for (const type of Object.values(definitions[name]?.fields ?? {})) queue.push(...referencesOf(type))
  }
  return found
}

/** `/openapi/v2`. */
export function openapiV2(): JsonObject {
  return {
    swagger: '2.0',
    info,
    paths: paths(resources, false),
    definitions: schemas(Object.keys(definitions), '#/definitions/'),
  }
}

/** `/openapi/v3`: where the document of each group and version is. */
export function openapiV3Index(): JsonObject {
  const entries = groups
    .filter((group) => resources.some((each) => each.group === group))
    .map((group) => (group ? `apis/${group}/v1` : 'api/v1'))
    .map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${kubernetesVersion}` }])
  return { paths: Object.fromEntries(entries) as JsonObject }
}

/** `/openapi/v3/apis/<group>/v1`; undefined when there is no such group. */
export function openapiV3(path: string): JsonObject | undefined {
  const [, group = ''] = /^(?:api|apis\/([^/]+))\/v1$/.exec(path) ?? []
  const served = resources.filter((each) => each.group === group)
  if (served.length === 0 || !/^apis?\//.test(path)) return undefined
  const names = served.map((each) => definitionNames[`${apiVersionOf(each)}/${each.kind}`] ?? '')
  return {
    openapi: '3.0.0',
    info,
    paths: paths(served, true),
    components: { schemas: schemas(reachable(names), '#/components/schemas/') },
  }
}
