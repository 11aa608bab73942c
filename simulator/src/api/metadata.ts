/** What the server alone decides about metadata, on creation and on update (k8s.io/apiserver/pkg/registry/rest). */
import { randomInt, randomUUID } from 'node:crypto'
import { badRequest, conflict, staleVersion, unclassified } from '../errors.ts'
import { asObject, asString, type JsonObject } from '../json.ts'
import { apiVersionOf, type Resource } from '../registry/resources.ts'
import { type KubeObject, type ObjectMeta } from '../types.ts'

const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
const longestGeneratedBase = 58

/** The base with five random characters, shortened where it would be too long. */
export function generateName(base: string): string {
  let suffix = ''
  for (let index = 0; index < 5; index++) suffix += alphabet[randomInt(alphabet.length)] ?? ''
  return base.slice(0, longestGeneratedBase) + suffix
}

/** Kubernetes' time: seconds, in UTC. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}

/** Apimachinery's order of fields, which people are used to read. */
function ordered(metadata: JsonObject): ObjectMeta {
  const { name, generateName: base, namespace, uid, resourceVersion, generation, creationTimestamp, ...rest } = metadata
  return {
    name: asString(name) ?? '',
    ...(typeof base === 'string' && base ? { generateName: base } : {}),
    ...(typeof namespace === 'string' ? { namespace } : {}),
    uid: asString(uid) ?? '',
    resourceVersion: asString(resourceVersion) ?? '',
    ...(typeof generation === 'number' ? { generation } : {}),
    creationTimestamp: asString(creationTimestamp) ?? '',
    ...rest,
  }
}

/** The body is of the kind that its address serves: 400 otherwise. Absent names of kinds are filled in. */
export function requireKind(resource: Resource, input: JsonObject): JsonObject {
  const wanted = apiVersionOf(resource)
  if ((input.kind ?? resource.kind) !== resource.kind || (input.apiVersion ?? wanted) !== wanted) {
    throw badRequest(
      `${String(input.kind)} in version "${String(input.apiVersion)}" cannot be handled as a ${resource.kind}: ` +
        `no kind "${String(input.kind)}" is registered for version "${wanted}"`,
    )
  }
  return { apiVersion: wanted, kind: resource.kind, ...input }
}

/** A new object's identity. 400 where the body contradicts the address. */
export function identify(
  resource: Resource,
  namespace: string | undefined,
  decoded: JsonObject,
  now: Date,
): KubeObject {
  const metadata = asObject(decoded.metadata)
  if (metadata.resourceVersion) throw unclassified('resourceVersion should not be set on objects to be created')
  requireNamespace(namespace, metadata.namespace)
  const { namespace: _, deletionTimestamp: __, deletionGracePeriodSeconds: ___, selfLink: ____, ...kept } = metadata
  const base = asString(metadata.generateName)
  const name = asString(metadata.name) || (base ? generateName(base) : '')
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    ...decoded,
    metadata: ordered({
      ...kept,
      name,
      ...(resource.namespaced ? { namespace } : {}),
      uid: randomUUID(),
      resourceVersion: '',
      ...(resource.generation ? { generation: 1 } : { generation: undefined }),
      creationTimestamp: timestamp(now),
    }),
  }
}

function requireNamespace(namespace: string | undefined, given: unknown): void {
  if (typeof given === 'string' && given !== '' && given !== (namespace ?? '')) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
}

/**
 * An update's object with the identity of the stored one. 400 where it names another object, 409 where it was made from
 * another version or another incarnation.
 */
export function keepIdentity(resource: Resource, previous: KubeObject, decoded: JsonObject): KubeObject {
  const given = asObject(decoded.metadata)
  const old = previous.metadata
  if (given.name !== undefined && given.name !== old.name) {
    throw badRequest(
      `the name of the object (${asString(given.name) ?? ''}) does not match the name on the URL (${old.name})`,
    )
  }
  requireNamespace(old.namespace, given.namespace)
  if (given.uid !== undefined && given.uid !== '' && given.uid !== old.uid) {
    const why = `Precondition failed: UID in precondition: ${asString(given.uid) ?? ''}, UID in object meta: ${old.uid}`
    throw conflict(resource, old.name, why)
  }
  if (typeof given.resourceVersion === 'string' && !['', '0', old.resourceVersion].includes(given.resourceVersion)) {
    throw staleVersion(resource, old.name)
  }
  const { selfLink: _, ...kept } = given
  return {
    ...decoded,
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: ordered({
      ...kept,
      name: old.name,
      generateName: old.generateName,
      namespace: old.namespace,
      uid: old.uid,
      resourceVersion: old.resourceVersion,
      generation: old.generation,
      creationTimestamp: old.creationTimestamp,
      deletionTimestamp: old.deletionTimestamp,
      deletionGracePeriodSeconds: old.deletionGracePeriodSeconds,
    }),
  }
}
