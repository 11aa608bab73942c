/** Requests that change objects: POST, PUT, PATCH and DELETE of resources. */
import { type Operations } from '../api/operations.ts'
import { type DeleteRequest, deleteObject } from '../api/delete.ts'
import { type Subresource, type Target, type WriteOptions } from '../api/request.ts'
import {
  badRequest,
  invalidOptions,
  methodNotAllowed,
  notAllowed,
  notSupported,
  required,
  unsupportedMediaType,
} from '../errors.ts'
import { asNumber, asObject, asString, at, isObject, type JsonObject } from '../json.ts'
import { applyJsonPatch } from '../patch/json-patch.ts'
import { applyMergePatch } from '../patch/merge-patch.ts'
import { applyStrategicMerge } from '../patch/strategic-merge.ts'
import { apiVersionOf, type Resource } from '../registry/resources.ts'
import { typeOfKind } from '../schema/schema.ts'
import { type Store } from '../store.ts'
import { type Clock, type KubeObject } from '../types.ts'
import { type Exchange, parseBody, readBody, readObject, readOptionalObject } from './exchange.ts'

/** Where the decoded body of a request stands for an object that was read from somewhere. */
export type Result = { object: KubeObject; code: number; warnings: string[] }

const optionsOf: Readonly<Record<string, string>> = {
  POST: 'CreateOptions',
  PUT: 'UpdateOptions',
  DELETE: 'DeleteOptions',
}

/** Options of a write as its query says. 400 or 422 for values that do not exist. */
export function writeOptions({ query, request }: Exchange): WriteOptions & { fieldManager: string } {
  const dryRun = query.getAll('dryRun').filter((each) => each !== '')
  if (dryRun.some((each) => each !== 'All'))
    throw invalidOptions(optionsOf[request.method ?? ''] ?? 'PatchOptions', notSupported('dryRun', dryRun, ['All']))
  const validation = query.get('fieldValidation') ?? 'Warn'
  if (validation !== 'Strict' && validation !== 'Warn' && validation !== 'Ignore' && validation !== '') {
    throw badRequest(
      `fieldValidation: Unsupported value: "${validation}": supported values: "Ignore", "Strict", "Warn"`,
    )
  }
  const agent = (request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown'
  return {
    dryRun: dryRun.length > 0,
    fieldManager: (query.get('fieldManager') || agent).slice(0, 128),
    fieldValidation: validation || 'Warn',
    force: query.get('force') === 'true',
    warnings: [],
  }
}

export type Writes = {
  create(exchange: Exchange, resource: Resource, namespace: string | undefined): Promise<Result>
  replace(exchange: Exchange, target: Target, subresource?: Subresource): Promise<Result>
  patch(exchange: Exchange, target: Target, subresource?: Subresource): Promise<Result>
  /** The answer's object: what was deleted, or a `Status`. */
  remove(exchange: Exchange, target: Target): Promise<{ body: JsonObject; warnings: string[] }>
  removeAll(exchange: Exchange, resource: Resource, objects: readonly KubeObject[]): Promise<void>
}

/** Kinds whose deletion answers with the object even when it is gone at once. */
const answeredWhole = new Set([
  'pods',
  'services',
  'persistentvolumeclaims',
  'persistentvolumes',
  'resourcequotas',
  'serviceaccounts',
])

async function deleteOptions(exchange: Exchange): Promise<DeleteRequest> {
  const { query } = exchange
  const body = await readOptionalObject(exchange)
  const seconds =
    asNumber(body.gracePeriodSeconds) ??
    (query.get('gracePeriodSeconds') ? Number(query.get('gracePeriodSeconds')) : undefined)
  const policy = asString(body.propagationPolicy) ?? query.get('propagationPolicy') ?? undefined
  if (policy !== undefined && policy !== 'Background' && policy !== 'Foreground' && policy !== 'Orphan') {
    const supported = ['Foreground', 'Background', 'Orphan', 'nil']
    throw invalidOptions('DeleteOptions', notSupported('propagationPolicy', policy, supported))
  }
  const uid = asString(asObject(body.preconditions).uid)
  const resourceVersion = asString(asObject(body.preconditions).resourceVersion)
  return {
    ...(seconds === undefined ? {} : { gracePeriodSeconds: seconds }),
    ...(policy === undefined ? {} : { propagationPolicy: policy }),
    preconditions: { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) },
    dryRun: query.get('dryRun') === 'All' || (Array.isArray(body.dryRun) && body.dryRun.includes('All')),
    warnings: [],
  }
}

/** How a patch of some media type turns the present object into the wanted one. */
function transformer(mediaType: string, resource: Resource, patch: unknown): (current: KubeObject) => JsonObject {
  if (mediaType === 'application/json-patch+json') return (current) => applyJsonPatch(current, patch)
  if (!isObject(patch)) throw badRequest('the patch must be an object')
  if (mediaType === 'application/merge-patch+json') return (current) => applyMergePatch(current, patch)
  if (mediaType === 'application/strategic-merge-patch+json') {
    return (current) => applyStrategicMerge(current, patch, typeOfKind(apiVersionOf(resource), resource.kind))
  }
  throw unsupportedMediaType(
    'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, ' +
      'application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml',
  )
}

export function createWrites(store: Store, clock: Clock, operations: Operations): Writes {
  return {
    async create(exchange, resource, namespace) {
      const options = writeOptions(exchange)
      const input = await readObject(exchange)
      return { object: operations.create(resource, namespace, input, options), code: 201, warnings: options.warnings }
    },
    async replace(exchange, target, subresource = '') {
      const options = writeOptions(exchange)
      const input = await readObject(exchange)
      const named = at(input, 'metadata', 'name')
      if (named !== target.name) {
        const shown = typeof named === 'string' ? named : ''
        throw badRequest(`the name of the object (${shown}) does not match the name on the URL (${target.name})`)
      }
      const object = operations.update(target, () => input, options, subresource)
      return { object, code: 200, warnings: options.warnings }
    },
    async patch(exchange, target, subresource = '') {
      const options = writeOptions(exchange)
      const mediaType = (exchange.request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? ''
      const patch = parseBody(await readBody(exchange), mediaType)
      if (mediaType === 'application/apply-patch+yaml') {
        if (!exchange.query.get('fieldManager')) {
          throw invalidOptions('PatchOptions', required('fieldManager', 'is required for apply patch'))
        }
        if (!isObject(patch)) throw badRequest('the applied configuration must be an object')
        const { object, created } = operations.apply(target, patch, options, subresource)
        return { object, code: created ? 201 : 200, warnings: options.warnings }
      }
      if (options.force)
        throw invalidOptions('PatchOptions', notAllowed('force', 'may not be specified for non-apply patch'))
      const transform = transformer(mediaType, target.resource, patch)
      return {
        object: operations.update(target, transform, options, subresource),
        code: 200,
        warnings: options.warnings,
      }
    },
    async remove(exchange, target) {
      const options = await deleteOptions(exchange)
      const { object, gone } = deleteObject(store, clock, target, options)
      const warnings = options.warnings ?? []
      if (!gone || answeredWhole.has(target.resource.key)) return { body: object, warnings }
      const { group, plural } = target.resource
      const details = { name: target.name, ...(group ? { group } : {}), kind: plural, uid: object.metadata.uid }
      return { body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }, warnings }
    },
    async removeAll(exchange, resource, objects) {
      const options = await deleteOptions(exchange)
      if (resource.key === 'namespaces' || resource.key === 'services') throw methodNotAllowed()
      for (const { metadata } of objects) {
        if (!store.get(resource.key, metadata.namespace, metadata.name)) continue
        deleteObject(store, clock, { resource, namespace: metadata.namespace, name: metadata.name }, options)
      }
    },
  }
}
