/**
 * From JSON as sent to the object as stored: unknown fields are found, nulls and empty maps dropped, types checked and
 * quantities made canonical, as decoding into Kubernetes' Go types does.
 */
import { badRequest } from '../errors.ts'
import { isObject, type JsonObject } from '../json.ts'
import { canonicalQuantity } from '../quantity.ts'
import { definitions, type FieldType, type ScalarType, typeOfKind } from './schema.ts'

export type Decoded = { object: JsonObject; unknownFields: string[] }

type Walk = { kind: string; apiVersion: string; unknown: string[] }

const goTypes: Partial<Record<ScalarType, string>> = {
  string: 'string',
  integer: 'int32',
  number: 'float64',
  boolean: 'bool',
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return typeof value
}

function mismatch(walk: Walk, path: string, value: unknown, wanted: string): Error {
  return badRequest(
    `${walk.kind} in version "${walk.apiVersion.split('/').at(-1) ?? ''}" cannot be handled as a ${walk.kind}: ` +
      `json: cannot unmarshal ${typeName(value)} into Go struct field ${walk.kind}.${path} of type ${wanted}`,
  )
}

function scalar(walk: Walk, path: string, value: unknown, type: ScalarType): unknown {
  if (type === 'any') return value
  if (type === 'bytes') return base64(walk, value)
  if (type === 'quantity') {
    const found = typeof value === 'string' || typeof value === 'number' ? canonicalQuantity(value) : undefined
    if (found !== undefined) return found
    throw badRequest(
      `${walk.kind} in version "${walk.apiVersion.split('/').at(-1) ?? ''}" cannot be handled as a ${walk.kind}: ` +
        `quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
    )
  }
  const fits =
    type === 'intOrString'
      ? typeof value === 'string' || Number.isInteger(value)
      : type === 'integer'
        ? Number.isInteger(value)
        : typeof value === type
  if (!fits) throw mismatch(walk, path, value, goTypes[type] ?? 'intstr.IntOrString')
  return value
}

const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

function base64(walk: Walk, value: unknown): string {
  const text = typeof value === 'string' ? value.replace(/[\r\n]/g, '') : ''
  if (typeof value === 'string' && base64Pattern.test(text)) return text
  const at = Math.max(0, text.search(/[^A-Za-z0-9+/]/))
  throw badRequest(
    `${walk.kind} in version "${walk.apiVersion.split('/').at(-1) ?? ''}" cannot be handled as a ${walk.kind}: ` +
      `illegal base64 data at input byte ${at}`,
  )
}

/** The value as it is stored, or undefined when nothing is left of it. */
function decodeValue(walk: Walk, path: string, value: unknown, type: FieldType): unknown {
  if (value === null || value === undefined) return undefined
  if (typeof type === 'string') return scalar(walk, path, value, type)
  if ('list' in type) {
    if (!Array.isArray(value)) throw mismatch(walk, path, value, '[]' + describe(type.list))
    const items: unknown[] = []
    value.forEach((item, index) => {
      const decoded = decodeValue(walk, `${path}[${index}]`, item, type.list)
      if (decoded !== undefined) items.push(decoded)
    })
    return items.length ? items : undefined
  }
  if (!isObject(value)) throw mismatch(walk, path, value, describe(type))
  if ('map' in type) return decodeMap(walk, path, value, type.map)
  return decodeStruct(walk, path, value, type.ref)
}

function describe(type: FieldType): string {
  if (typeof type === 'string') return goTypes[type] ?? 'string'
  if ('ref' in type) return type.ref.split('.').slice(-2).join('.')
  return 'list' in type ? `[]${describe(type.list)}` : `map[string]${describe(type.map)}`
}

function decodeMap(walk: Walk, path: string, value: JsonObject, type: FieldType): JsonObject | undefined {
  const result: JsonObject = {}
  let some = false
  for (const key in value) {
    const decoded = decodeValue(walk, `${path}.${key}`, value[key], type) ?? emptyOf(type)
    if (decoded === undefined) continue
    result[key] = decoded
    some = true
  }
  return some ? result : undefined
}

/** A null in a map of strings is an empty string to Go. */
function emptyOf(type: FieldType): unknown {
  return type === 'string' || type === 'bytes' ? '' : undefined
}

function decodeStruct(walk: Walk, path: string, value: JsonObject, name: string): JsonObject {
  const fields = definitions[name]?.fields
  if (!fields || Object.keys(fields).length === 0) return value
  const result: JsonObject = {}
  for (const key in value) {
    const type = fields[key]
    const here = path ? `${path}.${key}` : key
    if (type === undefined) {
      walk.unknown.push(here)
      continue
    }
    const decoded = decodeValue(walk, here, value[key], type)
    if (decoded !== undefined) result[key] = decoded
  }
  return result
}

/**
 * Decodes an object of a known kind. The input is not changed.
 * Throws 400 where a value has another type than the kind's field.
 */
export function decode(apiVersion: string, kind: string, input: JsonObject): Decoded {
  const walk: Walk = { kind, apiVersion, unknown: [] }
  const decoded = decodeValue(walk, '', input, typeOfKind(apiVersion, kind))
  return { object: isObject(decoded) ? decoded : {}, unknownFields: walk.unknown }
}
