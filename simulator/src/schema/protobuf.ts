/**
 * Bodies in Kubernetes' protobuf encoding, which Go clients prefer, as the JSON that they stand for. Answers are always
 * JSON. Numbers of fields come from the Go types (see `import-protobuf.ts`), types from the schema.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 */
import { readFileSync } from 'node:fs'
import { badRequest } from '../errors.ts'
import { isObject, type JsonObject } from '../json.ts'
import { definitionNames, definitions, type FieldType } from './schema.ts'

export type ProtobufField = {
  number: number
  /** The name in JSON; absent for a message whose fields stand in its parent. */
  name?: string
  inline?: string
  /** Zero values mean something: a pointer, or a field that is always written. */
  keep?: true
  /** How a string in JSON is written: base64 of `bytes`, seconds and nanoseconds of `time` and `micro`. */
  form?: string
}

let messages: Record<string, ProtobufField[]> | undefined

/** Read at the first use: most clients speak JSON. */
function messageOf(name: string): readonly ProtobufField[] {
  messages ??= JSON.parse(
    readFileSync(new URL('generated/protobuf.json', import.meta.url), 'utf8'),
  ) as unknown as Record<string, ProtobufField[]>
  return messages[name] ?? []
}

type Wire = { number: number; value: bigint | Buffer }

function* fieldsIn(bytes: Buffer): Generator<Wire> {
  let at = 0
  function varint(): bigint {
    let result = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw badRequest('unexpected end of protobuf message')
      result |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asIntN(64, result)
    }
    throw badRequest('protobuf varint is too long')
  }
  function take(length: number): Buffer {
    if (length < 0 || at + length > bytes.length) throw badRequest('unexpected end of protobuf message')
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const number = tag >> 3
    const type = tag & 7
    if (type === 0) yield { number, value: varint() }
    else if (type === 2) yield { number, value: take(Number(varint())) }
    else if (type === 1) yield { number, value: take(8) }
    else if (type === 5) yield { number, value: take(4) }
    else throw badRequest(`unexpected protobuf wire type ${type}`)
  }
}

function one(bytes: Buffer, number: number): bigint | Buffer | undefined {
  for (const field of fieldsIn(bytes)) if (field.number === number) return field.value
  return undefined
}

function text(value: bigint | Buffer | undefined): string {
  return Buffer.isBuffer(value) ? value.toString('utf8') : ''
}

function time(bytes: Buffer, form: string): string | undefined {
  const [seconds, nanos] = [one(bytes, 1), one(bytes, 2)]
  if (typeof seconds !== 'bigint') return undefined
  const moment = new Date(Number(seconds) * 1_000).toISOString().slice(0, 19)
  const micros = typeof nanos === 'bigint' ? Number(nanos / 1_000n) : 0
  return form === 'micro' ? `${moment}.${String(micros).padStart(6, '0')}Z` : `${moment}Z`
}

function scalar(type: FieldType, value: bigint | Buffer, form: string | undefined): unknown {
  if (typeof value === 'bigint') return type === 'boolean' ? value !== 0n : Number(value)
  if (form === 'bytes') return value.toString('base64')
  if (form === 'time' || form === 'micro') return time(value, form)
  if (type === 'quantity') return text(one(value, 1)) || '0'
  if (type === 'number') return value.readDoubleLE()
  if (type === 'intOrString') return one(value, 1) === 1n ? text(one(value, 3)) : Number(one(value, 2) ?? 0n)
  if (type !== 'any') return value.toString('utf8')
  const raw = text(one(value, 1))
  return raw ? (JSON.parse(raw) as unknown) : undefined
}

function decodeValue(type: FieldType, value: bigint | Buffer, form: string | undefined): unknown {
  if (typeof type === 'object' && 'ref' in type && Buffer.isBuffer(value)) {
    const object: JsonObject = {}
    decodeInto(object, type.ref, type.ref, value)
    return object
  }
  return scalar(type, value, form)
}

function add(
  object: JsonObject,
  field: ProtobufField & { name: string },
  type: FieldType,
  value: bigint | Buffer,
): void {
  const { name, form } = field
  if (typeof type === 'object' && 'list' in type) {
    const list = Array.isArray(object[name]) ? (object[name] as unknown[]) : []
    list.push(decodeValue(type.list, value, form))
    object[name] = list
  } else if (typeof type === 'object' && 'map' in type) {
    if (!Buffer.isBuffer(value)) return
    const map = isObject(object[name]) ? object[name] : {}
    map[text(one(value, 1))] = decodeValue(type.map, one(value, 2) ?? Buffer.alloc(0), form)
    object[name] = map
  } else {
    const decoded = decodeValue(type, value, form)
    const empty =
      decoded === '' || decoded === 0 || decoded === false || (isObject(decoded) && Object.keys(decoded).length === 0)
    if (decoded !== undefined && (field.keep === true || !empty)) object[name] = decoded
  }
}

function decodeInto(object: JsonObject, message: string, definition: string, bytes: Buffer): void {
  const types = definitions[definition]?.fields ?? {}
  const fields = messageOf(message)
  for (const { number, value } of fieldsIn(bytes)) {
    const field = fields.find((each) => each.number === number)
    if (field?.inline !== undefined && Buffer.isBuffer(value)) decodeInto(object, field.inline, definition, value)
    else if (field?.name !== undefined) add(object, { ...field, name: field.name }, types[field.name] ?? 'any', value)
  }
}

const magic = Buffer.from('k8s\0')

/** The object of a protobuf body. 400 when it is not one, or of a kind that the schema does not have. */
export function decodeProtobuf(body: Buffer): JsonObject {
  if (!body.subarray(0, 4).equals(magic)) throw badRequest('provided data does not appear to be a protobuf message')
  const envelope = body.subarray(4)
  const [meta, raw] = [one(envelope, 1), one(envelope, 2)]
  const apiVersion = Buffer.isBuffer(meta) ? text(one(meta, 1)) : ''
  const kind = Buffer.isBuffer(meta) ? text(one(meta, 2)) : ''
  const name = definitionNames[kind === 'DeleteOptions' ? 'v1/DeleteOptions' : `${apiVersion}/${kind}`]
  if (name === undefined) throw badRequest(`no kind "${kind}" is registered for version "${apiVersion}"`)
  const object: JsonObject = { apiVersion, kind }
  if (Buffer.isBuffer(raw)) decodeInto(object, name, name, raw)
  return object
}
