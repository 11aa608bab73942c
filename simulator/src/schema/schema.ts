/**
 * The shape of every kind the simulator knows: fields, list types and merge keys, taken from the OpenAPI document of a
 * real Kubernetes (see `import.ts`). One table answers decoding, strict validation, both kinds of patch that merge
 * lists, server-side apply, and what the OpenAPI endpoints say.
 */
import { readFileSync } from 'node:fs'

export type ScalarType = 'string' | 'integer' | 'number' | 'boolean' | 'quantity' | 'intOrString' | 'bytes' | 'any'

export type ListType = {
  list: FieldType
  /** How server-side apply merges it; absent: replaced as a whole. */
  type?: 'map' | 'set'
  keys?: string[]
  /** How strategic merge patch merges it. */
  mergeKey?: string
  strategy?: string
}

type MapType = { map: FieldType; atomic?: true }
type RefType = { ref: string; strategy?: string }
export type FieldType = ScalarType | ListType | MapType | RefType

export type Definition = { fields: Record<string, FieldType>; required?: string[]; atomic?: true }

type Document = { version: string; kinds: Record<string, string>; definitions: Record<string, Definition> }

const document = JSON.parse(
  readFileSync(new URL('generated/kubernetes.json', import.meta.url), 'utf8'),
) as unknown as Document

/** The Kubernetes release that the schema was taken from, such as `v1.34.4`. */
export const kubernetesVersion = document.version

/** All definitions by their OpenAPI names. */
export const definitions: Readonly<Record<string, Definition>> = document.definitions

/** The OpenAPI name of each `group/version/Kind` (core: `v1/Kind`). */
export const definitionNames: Readonly<Record<string, string>> = document.kinds

/** The type of a whole object, or `any` when the kind is not known. */
export function typeOfKind(apiVersion: string, kind: string): FieldType {
  const name = document.kinds[`${apiVersion}/${kind}`]
  return name === undefined ? 'any' : { ref: name }
}

/** The definition that a type refers to, if it does. */
export function definitionOf(type: FieldType): Definition | undefined {
  return typeof type === 'object' && 'ref' in type ? document.definitions[type.ref] : undefined
}

/** The type of a field of an object of this type: a struct's field or a map's value; undefined when it has none. */
export function fieldOf(type: FieldType, field: string): FieldType | undefined {
  if (typeof type === 'string') return type === 'any' ? 'any' : undefined
  if ('map' in type) return type.map
  if ('ref' in type) return document.definitions[type.ref]?.fields[field]
  return undefined
}
