/**
 * Writes `generated/kubernetes.json` from the OpenAPI document of a real Kubernetes:
 *
 *     kubectl get --raw /openapi/v2 > openapi.json && node src/schema/import.ts openapi.json
 *
 * Kept are the fields, types, list types and merge keys of the kinds in the resource table; descriptions are not.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { asArray, asObject, asString, at, isObject, type JsonObject } from '../json.ts'
import { resources } from '../registry/resources.ts'
import { type Definition, type FieldType } from './schema.ts'

const special: Record<string, FieldType> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'quantity',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'intOrString',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'any',
  'io.k8s.apimachinery.pkg.runtime.RawExtension': 'any',
}

/** Kinds that travel in bodies without being resources of the table. */
const extraKinds = [
  'Binding',
  'Scale',
  'Eviction',
  'DeleteOptions',
  'TokenRequest',
  'SelfSubjectAccessReview',
  'SelfSubjectRulesReview',
]

function fieldType(property: JsonObject): FieldType {
  const reference = asString(property.$ref)?.replace('#/definitions/', '')
  if (reference) return special[reference] ?? { ref: reference }
  switch (property.type) {
    case 'array': {
      const keys = asArray(property['x-kubernetes-list-map-keys']).map(String)
      const listType = asString(property['x-kubernetes-list-type'])
      const mergeKey = asString(property['x-kubernetes-patch-merge-key'])
      const strategy = asString(property['x-kubernetes-patch-strategy'])
      return {
        list: fieldType(asObject(property.items)),
        ...(listType && listType !== 'atomic' ? { type: listType === 'map' ? 'map' : 'set' } : {}),
        ...(keys.length ? { keys } : {}),
        ...(mergeKey ? { mergeKey } : {}),
        ...(strategy ? { strategy } : {}),
      }
    }
    case 'object':
      if (isObject(property.additionalProperties))
        return {
          map: fieldType(property.additionalProperties),
          ...(property['x-kubernetes-map-type'] === 'atomic' ? { atomic: true } : {}),
        }
      return 'any'
    case 'string':
      return property.format === 'byte' ? 'bytes' : 'string'
    case 'integer':
      return 'integer'
    case 'number':
      return 'number'
    case 'boolean':
      return 'boolean'
    default:
      return 'any'
  }
}

function definition(source: JsonObject): Definition {
  const fields: Record<string, FieldType> = {}
  for (const [name, value] of Object.entries(asObject(source.properties))) {
    const property = asObject(value)
    const type = fieldType(property)
    const strategy = asString(property['x-kubernetes-patch-strategy'])
    fields[name] = typeof type === 'object' && 'ref' in type && strategy ? { ...type, strategy } : type
  }
  const required = asArray(source.required).map(String)
  return {
    fields,
    ...(required.length ? { required } : {}),
    ...(source['x-kubernetes-map-type'] === 'atomic' ? { atomic: true } : {}),
  }
}

function references(type: FieldType): string[] {
  if (typeof type === 'string') return []
  if ('ref' in type) return [type.ref]
  return references('list' in type ? type.list : type.map)
}

const openapi: unknown = JSON.parse(readFileSync(process.argv[2] ?? 'openapi.json', 'utf8'))
const source = asObject(at(openapi, 'definitions'))
const kinds: Record<string, string> = {}
const definitions: Record<string, Definition> = {}
const queue: string[] = []
for (const [name, value] of Object.entries(source)) {
  for (const gvk of asArray(asObject(value)['x-kubernetes-group-version-kind'])) {
    const [group, version, kind] = [at(gvk, 'group'), at(gvk, 'version'), at(gvk, 'kind')].map(String)
    const wanted =
      resources.some((each) => each.kind === kind && each.group === group && each.version === version) ||
      (extraKinds.includes(kind ?? '') && (version === 'v1' || group === ''))
    if (!wanted || (kind === 'DeleteOptions' && group !== '')) continue
    kinds[group ? `${group}/${version}/${kind}` : `${version}/${kind}`] = name
    queue.push(name)
  }
}
for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
  if (definitions[name]) continue
  const made = definition(asObject(source[name]))
  definitions[name] = made
  for (const type of Object.values(made.fields)) queue.push(...references(type))
}
const sorted = Object.fromEntries(Object.entries(definitions).sort(([a], [b]) => (a < b ? -1 : 1)))
const output = new URL('generated/kubernetes.json', import.meta.url)
writeFileSync(output, JSON.stringify({ version: at(openapi, 'info', 'version'), kinds, definitions: sorted }) + '\n')
