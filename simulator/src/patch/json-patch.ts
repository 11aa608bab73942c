/** RFC 6902. */
import { badRequest, unprocessable } from '../errors.ts'
import { asArray, asString, copy, equal, isObject, type JsonObject } from '../json.ts'

function parsePointer(pointer: string): string[] {
  if (pointer === '') return []
  if (!pointer.startsWith('/')) throw badRequest(`invalid JSON pointer: ${pointer}`)
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function missing(operation: string, pointer: string): Error {
  return unprocessable(
    `the server rejected our request due to an error in our request: ${operation} operation does not apply: doc is missing path: ${pointer}: missing value`,
  )
}

function indexIn(list: readonly unknown[], part: string, end: number): number | undefined {
  if (!/^(0|[1-9]\d*)$/.test(part)) return undefined
  const index = Number(part)
  return index <= end && index <= list.length ? index : undefined
}

function read(document: unknown, pointer: string, operation: string): unknown {
  let here = document
  for (const part of parsePointer(pointer)) {
    if (Array.isArray(here)) {
      const index = indexIn(here, part, here.length - 1)
      if (index === undefined) throw missing(operation, pointer)
      here = here[index]
    } else if (isObject(here) && Object.hasOwn(here, part)) here = here[part]
    else throw missing(operation, pointer)
  }
  return here
}

function parentOf(document: unknown, pointer: string, operation: string): [JsonObject | unknown[], string] {
  const parts = parsePointer(pointer)
  const last = parts.pop()
  const parent = read(
    document,
    parts.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
    operation,
  )
  if (last === undefined || !(isObject(parent) || Array.isArray(parent))) throw missing(operation, pointer)
  return [parent, last]
}

function add(document: unknown, pointer: string, value: unknown): unknown {
  if (pointer === '') return value
  const [parent, part] = parentOf(document, pointer, 'add')
  if (Array.isArray(parent)) {
    const index = part === '-' ? parent.length : indexIn(parent, part, parent.length)
    if (index === undefined) throw missing('add', pointer)
    parent.splice(index, 0, value)
  } else define(parent, part, value)
  return document
}

/** Sets an own property, also for `__proto__`. */
function define(object: JsonObject, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}

function remove(document: unknown, pointer: string, operation: string): void {
  const [parent, part] = parentOf(document, pointer, operation)
  read(document, pointer, operation)
  if (Array.isArray(parent)) parent.splice(Number(part), 1)
  else delete parent[part]
}

function applyOne(document: unknown, step: JsonObject): unknown {
  const pointer = asString(step.path)
  if (pointer === undefined) throw badRequest('a JSON patch operation needs a path')
  const from = asString(step.from) ?? ''
  switch (step.op) {
    case 'add':
      return add(document, pointer, copy(step.value))
    case 'remove':
      remove(document, pointer, 'remove')
      return document
    case 'replace':
      if (pointer === '') return copy(step.value)
      remove(document, pointer, 'replace')
      return add(document, pointer, copy(step.value))
    case 'move': {
      const value = read(document, from, 'move')
      remove(document, from, 'move')
      return add(document, pointer, value)
    }
    case 'copy':
      return add(document, pointer, copy(read(document, from, 'copy')))
    case 'test':
      if (equal(read(document, pointer, 'test'), step.value)) return document
      throw unprocessable(
        `the server rejected our request due to an error in our request: testing value ${pointer} failed: test failed`,
      )
    default:
      throw badRequest(`unexpected JSON patch operation: ${String(step.op)}`)
  }
}

/** The document after all operations. The input is not changed. 400 for a malformed patch, 422 when a step fails. */
export function applyJsonPatch(document: JsonObject, patch: unknown): JsonObject {
  if (!Array.isArray(patch)) throw badRequest('a JSON patch is a list of operations')
  let result: unknown = copy(document)
  for (const step of asArray(patch)) {
    if (!isObject(step)) throw badRequest('a JSON patch operation is an object')
    result = applyOne(result, step)
  }
  if (!isObject(result)) throw unprocessable('the patched document is not an object')
  return result
}
