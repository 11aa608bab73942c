/** `metadata.managedFields`: who owns which fields, how an entry is read and written, and in which order they stand. */
import { asArray, asString, isObject, type JsonObject } from '../json.ts'
import { type FieldSet, formatFields, isEmptySet, parseFields, withoutPaths } from './field-set.ts'

type Operation = 'Apply' | 'Update'

export type Manager = {
  name: string
  operation: Operation
  apiVersion: string
  subresource?: string
  time?: string
  fields: FieldSet
}

/** Paths that nobody owns (k8s.io/apimachinery/pkg/util/managedfields/internal/stripmeta.go). */
const unowned: readonly (readonly string[])[] = [
  ['f:apiVersion'],
  ['f:kind'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((field) => ['f:metadata', `f:${field}`]),
]

/** The set without metadata that belongs to nobody, and without what a write through this subresource cannot change. */
export function ownable(set: FieldSet, subresource: string, hasStatus: boolean): FieldSet {
  const metadata = set.children.get('f:metadata')
  const bare = metadata?.member
    ? { ...set, children: new Map([...set.children, ['f:metadata', { ...metadata, member: false }]]) }
    : set
  const without = withoutPaths(bare, unowned)
  if (subresource === 'status') return withoutPaths(without, [['f:spec']])
  return hasStatus && subresource === '' ? withoutPaths(without, [['f:status']]) : without
}

/** The managers of an object, as far as its entries can be read. */
export function readManagers(managedFields: unknown): Manager[] {
  const managers: Manager[] = []
  for (const entry of asArray(managedFields)) {
    if (!isObject(entry)) continue
    const subresource = asString(entry.subresource)
    const time = asString(entry.time)
    managers.push({
      name: asString(entry.manager) ?? '',
      operation: entry.operation === 'Apply' ? 'Apply' : 'Update',
      apiVersion: asString(entry.apiVersion) ?? '',
      ...(subresource ? { subresource } : {}),
      ...(time ? { time } : {}),
      fields: parseFields(entry.fieldsV1),
    })
  }
  return managers
}

/** Someone asks to forget all managers by writing one empty entry. */
export function isReset(managedFields: unknown): boolean {
  const [first, ...rest] = asArray(managedFields)
  return rest.length === 0 && isObject(first) && Object.keys(first).length === 0
}

export function sameManager(left: Manager, right: Manager): boolean {
  return (
    left.name === right.name &&
    left.operation === right.operation &&
    left.subresource === right.subresource &&
    left.apiVersion === right.apiVersion
  )
}

const rank = (manager: Manager): string =>
  [manager.operation, manager.time ?? '', manager.name, manager.apiVersion, manager.subresource ?? ''].join('\0')

/** The entries as they are stored: appliers first, then by time and name; managers without fields are left out. */
export function writeManagers(managers: readonly Manager[]): JsonObject[] {
  return managers
    .filter((manager) => !isEmptySet(manager.fields))
    .sort((left, right) => (rank(left) < rank(right) ? -1 : 1))
    .map((manager) => ({
      manager: manager.name,
      operation: manager.operation,
      apiVersion: manager.apiVersion,
      ...(manager.time ? { time: manager.time } : {}),
      fieldsType: 'FieldsV1',
      fieldsV1: formatFields(manager.fields),
      ...(manager.subresource ? { subresource: manager.subresource } : {}),
    }))
}
