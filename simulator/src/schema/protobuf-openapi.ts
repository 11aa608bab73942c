/**
 * The OpenAPI v2 document in protobuf, the only form in which kubectl reads it: for what it validates itself, such as a
 * `kind: List`. Numbers are those of gnostic's OpenAPIv2.proto; paths are left out, because no client reads them there.
 */
import { asArray, asObject, asString, isObject, type JsonObject } from '../json.ts'

/** The media type that is asked for (and one that some clients write wrongly), as kube-apiserver answers it. */
export const openapiProtobufType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

export const asksForOpenapiProtobuf = (accept: string): boolean =>
  /application\/com\.github\.proto-openapi\.spec\.v2[@.]v1\.0\+protobuf/.test(accept)

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest & 127) | 128)
    rest = Math.floor(rest / 128)
  }
  return Buffer.from([...bytes, rest])
}

const lengthDelimited = 2

/** One field of a message: a text, or a message within. Nothing where there is no value. */
function field(number: number, value: string | Buffer | undefined): Buffer[] {
  if (value === undefined) return []
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value
  return [varint((number << 3) | lengthDelimited), varint(bytes.length), bytes]
}

const message = (...fields: readonly Buffer[][]): Buffer => Buffer.concat(fields.flat())

const each = (number: number, values: readonly (string | Buffer)[]): Buffer[] =>
  values.flatMap((value) => field(number, value))

const named = (name: string, value: Buffer): Buffer => message(field(1, name), field(2, value))

const namedSchemas = (schemas: JsonObject): Buffer =>
  message(
    each(
      1,
      Object.entries(schemas).map(([name, value]) => named(name, schema(asObject(value)))),
    ),
  )

/** A value of any form travels as YAML, of which JSON is a part. */
const any = (value: unknown): Buffer => message(field(2, JSON.stringify(value)))

function schema(source: JsonObject): Buffer {
  const { additionalProperties, items, properties } = source
  const extensions = Object.entries(source).filter(([name]) => name.startsWith('x-'))
  return message(
    field(1, asString(source.$ref)),
    field(2, asString(source.format)),
    field(4, asString(source.description)),
    each(19, asArray(source.required).map(String)),
    field(21, isObject(additionalProperties) ? message(field(1, schema(additionalProperties))) : undefined),
    field(22, source.type === undefined ? undefined : message(field(1, asString(source.type)))),
    field(23, isObject(items) ? message(field(1, schema(items))) : undefined),
    each(
      24,
      asArray(source.allOf).map((part) => schema(asObject(part))),
    ),
    field(25, isObject(properties) ? namedSchemas(properties) : undefined),
    each(
      31,
      extensions.map(([name, value]) => named(name, any(value))),
    ),
  )
}

export function openapiProtobuf(document: JsonObject): Buffer {
  const { title, version } = asObject(document.info)
  return message(
    field(1, asString(document.swagger)),
    field(2, message(field(1, asString(title)), field(2, asString(version)))),
    field(8, message()),
    field(9, namedSchemas(asObject(document.definitions))),
  )
}
