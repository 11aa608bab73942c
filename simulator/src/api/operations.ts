/**
 * Reading and writing objects by Kubernetes' rules. Requests over HTTP and controllers in the process both come through
 * here; each operation is synchronous, so nothing happens between its check and its commit.
 */
import { type Admission } from '../admission/admission.ts'
import { applyConfiguration, trackUpdate, type Writer } from '../apply/apply.ts'
import { alreadyExists, badRequest, conflict, invalid, invalidValue, notFound, unclassified } from '../errors.ts'
import { asObject, asString, copy, equal, isObject, type JsonObject } from '../json.ts'
import { applyDefaults } from '../registry/defaults.ts'
import { apiVersionOf, hasStatus, type Resource } from '../registry/resources.ts'
import { prepareForCreate, prepareForUpdate } from '../registry/strategy.ts'
import { validate } from '../registry/validation.ts'
import { decode } from '../schema/decode.ts'
import { typeOfKind } from '../schema/schema.ts'
import { type Store } from '../store.ts'
import { type Clock, type KubeObject } from '../types.ts'
import { identify, keepIdentity, requireKind, timestamp } from './metadata.ts'
import { type Subresource, type Target, type Write, type WriteOptions } from './request.ts'

type Transform = (current: KubeObject) => JsonObject

export type Operations = {
  /** Throws 404. */
  get(target: Target): KubeObject
  create(resource: Resource, namespace: string | undefined, input: JsonObject, options: WriteOptions): KubeObject
  /** Replaces what the transform is given by what it returns; the same object when nothing changed. */
  update(target: Target, transform: Transform, options: WriteOptions, subresource?: Subresource): KubeObject
  /** Server-side apply: `created` tells whether there was none before. */
  apply(
    target: Target,
    input: JsonObject,
    options: WriteOptions & { fieldManager: string },
    subresource?: Subresource,
  ): { object: KubeObject; created: boolean }
}

export type OperationsContext = { store: Store; clock: Clock; admission: Admission }

function decodeBody(resource: Resource, input: JsonObject, options: WriteOptions): JsonObject {
  const body = requireKind(resource, input)
  const { object, unknownFields } = decode(apiVersionOf(resource), resource.kind, body)
  if (unknownFields.length && options.fieldValidation !== 'Ignore') {
    const found = unknownFields.map((field) => `unknown field "${field}"`)
    if (options.fieldValidation === 'Warn') options.warnings.push(...found)
    else
      throw badRequest(
        `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: ` +
          `strict decoding error: ${found.join(', ')}`,
      )
  }
  return object
}

export function createOperations({ store, clock, admission }: OperationsContext): Operations {
  function writerOf(resource: Resource, options: WriteOptions, subresource: Subresource): Writer | undefined {
    if (options.fieldManager === undefined) return undefined
    return {
      manager: options.fieldManager,
      subresource: subresource === 'status' || subresource === 'scale' ? subresource : '',
      apiVersion: apiVersionOf(resource),
      hasStatus: hasStatus(resource),
      time: timestamp(clock.now()),
    }
  }

  function get({ resource, namespace, name }: Target): KubeObject {
    const object = store.get(resource.key, namespace, name)
    if (!object) throw notFound(resource, name)
    return object
  }

  function check(write: Write): void {
    const errors = validate(write)
    if (errors.length) throw invalid(write.resource, write.object.metadata.name, errors)
    admission.validate(write)
  }

  function create(
    resource: Resource,
    namespace: string | undefined,
    input: JsonObject,
    options: WriteOptions,
  ): KubeObject {
    const decoded = decodeBody(resource, input, options)
    const object = identify(resource, namespace, decoded, clock.now())
    return insert(resource, object, options)
  }

  function insert(resource: Resource, object: KubeObject, options: WriteOptions, applied = false): KubeObject {
    const { name, namespace } = object.metadata
    const { warnings, dryRun } = options
    const write: Write = { resource, object, subresource: '', warnings, dryRun }
    applyDefaults(resource.key, object)
    admission.mutate(write)
    applyDefaults(resource.key, object)
    prepareForCreate(resource, object)
    const writer = applied ? undefined : writerOf(resource, options, '')
    if (writer) {
      const skeleton = { metadata: {}, spec: {}, status: {} }
      const tracked = trackUpdate(skeleton, object, typeOfKind(object.apiVersion, object.kind), writer)
      object.metadata = { ...object.metadata, ...managedFieldsOf(tracked) }
    }
    check(write)
    const taken = store.get(resource.key, namespace, name)
    if (taken) throw alreadyExists(resource, name, taken.metadata.deletionTimestamp !== undefined)
    admission.allocate(write)
    return dryRun ? object : store.put(resource.key, object)
  }

  function replace(
    resource: Resource,
    previous: KubeObject,
    written: JsonObject,
    options: WriteOptions,
    subresource: Subresource,
    applied = false,
  ): KubeObject {
    const object = keepIdentity(resource, previous, written)
    const { warnings, dryRun } = options
    const write: Write = { resource, object, previous, subresource, warnings, dryRun }
    applyDefaults(resource.key, object, previous)
    prepareForUpdate(resource, object, previous, subresource)
    admission.mutate(write)
    const writer = applied ? undefined : writerOf(resource, options, subresource)
    if (writer) {
      const tracked = trackUpdate(previous, object, typeOfKind(object.apiVersion, object.kind), writer)
      setManagedFields(object, managedFieldsOf(tracked).managedFields)
    } else if (!applied) setManagedFields(object, previous.metadata.managedFields)
    if (equal(previous, object)) return previous
    if (resource.generation && subresource !== 'status' && specChanged(previous, object)) {
      object.metadata.generation = (previous.metadata.generation ?? 0) + 1
    }
    check(write)
    return dryRun ? object : commit(resource, object)
  }

  /** The last finalizer of an object that is being deleted is gone: so is the object. */
  function commit(resource: Resource, object: KubeObject): KubeObject {
    const { metadata } = object
    const finished =
      metadata.deletionTimestamp !== undefined &&
      !metadata.deletionGracePeriodSeconds &&
      !metadata.finalizers?.length &&
      !(resource.key === 'namespaces' && namespaceHeld(object))
    if (!finished) return store.put(resource.key, object)
    store.remove(resource.key, metadata.namespace, metadata.name)
    return object
  }

  return {
    get,
    create,
    update(target, transform, options, subresource = '') {
      const previous = get(target)
      const decoded = decodeBody(target.resource, transform(previous), options)
      return replace(target.resource, previous, decoded, options, subresource)
    },
    apply(target, input, options, subresource = '') {
      const { resource, namespace, name } = target
      const { object: applied, unknownFields } = decode(
        apiVersionOf(resource),
        resource.kind,
        requireKind(resource, input),
      )
      if (unknownFields.length) {
        const of = `${namespace ?? ''}/${name}; ${apiVersionOf(resource)}, Kind=${resource.kind}`
        const what = unknownFields.map((field) => `.${field}: field not declared in schema`).join('\n')
        throw unclassified(`failed to create typed patch object (${of}): ${what}`)
      }
      const metadata = asObject(applied.metadata)
      if (metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil')
      if (metadata.name !== undefined && metadata.name !== name) {
        throw badRequest(`name in URL does not match name in ${resource.kind} object`)
      }
      const previous = store.get(resource.key, namespace, name)
      if (!previous && subresource) throw notFound(resource, name)
      requireSame(resource, name, metadata.uid, previous)
      const writer = writerOf(resource, options, subresource)
      if (!writer) throw badRequest('fieldManager is required for apply patch')
      const type = typeOfKind(apiVersionOf(resource), resource.kind)
      const result = changeable(applyConfiguration(previous, applied, type, writer, options.force))
      if (previous) return { object: replace(resource, previous, result, options, subresource, true), created: false }
      const named = { ...result, metadata: { ...asObject(result.metadata), name } }
      const object = identify(resource, namespace, named, clock.now())
      return { object: insert(resource, object, options, true), created: true }
    },
  }
}

/** An applied configuration that names a uid is meant for that object only. Throws 409 when there is none, else 422. */
function requireSame(resource: Resource, name: string, uid: unknown, previous: KubeObject | undefined): void {
  if (uid === undefined || uid === previous?.metadata.uid) return
  if (previous) throw invalid(resource, name, [invalidValue('metadata.uid', uid, 'field is immutable')])
  const why = `the provided object specified uid ${asString(uid) ?? ''}, and no existing object was found`
  throw conflict(resource, name, `uid mismatch: ${why}`)
}

/** A merged object shares parts with the stored one, which defaulting must not touch. Managed fields are never changed. */
function changeable(object: JsonObject): JsonObject {
  const { managedFields, ...metadata } = asObject(object.metadata)
  const copied = copy({ ...object, metadata })
  return managedFields === undefined ? copied : { ...copied, metadata: { ...copied.metadata, managedFields } }
}

function managedFieldsOf(object: JsonObject): { managedFields?: unknown[] } {
  const metadata = asObject(object.metadata)
  return Array.isArray(metadata.managedFields) ? { managedFields: metadata.managedFields } : {}
}

function setManagedFields(object: KubeObject, managedFields: unknown[] | undefined): void {
  if (managedFields) object.metadata.managedFields = managedFields
  else delete object.metadata.managedFields
}

function namespaceHeld(object: KubeObject): boolean {
  const finalizers = isObject(object.spec) ? object.spec.finalizers : undefined
  return Array.isArray(finalizers) && finalizers.length > 0
}

function specChanged(previous: KubeObject, object: KubeObject): boolean {
  for (const key of new Set([...Object.keys(previous), ...Object.keys(object)])) {
    if (key === 'metadata' || key === 'status' || key === 'apiVersion' || key === 'kind') continue
    if (!equal(previous[key], object[key])) return true
  }
  return false
}
