/** The scale subresource: the number of replicas, apart from everything else a workload is. */
import { badRequest } from '../errors.ts'
import { asNumber, asObject, at, type JsonObject } from '../json.ts'
import { type KubeObject } from '../types.ts'

function selectorText(selector: unknown): string {
  const labels = Object.entries(asObject(at(selector, 'matchLabels')))
  return labels.map(([key, value]) => `${key}=${String(value)}`).join(',')
}

/** The `Scale` of a workload. */
export function scaleOf(object: KubeObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: asNumber(at(object, 'spec', 'replicas')) ?? 0 },
    status: {
      replicas: asNumber(at(object, 'status', 'replicas')) ?? 0,
      selector: selectorText(at(object, 'spec', 'selector')),
    },
  }
}

/** The workload with the replicas of a written `Scale`. 400 when it has no such number. */
export function withScale(object: KubeObject, scale: JsonObject): JsonObject {
  const replicas = asNumber(at(scale, 'spec', 'replicas')) ?? 0
  if (!Number.isInteger(replicas) || replicas < 0) throw badRequest('Scale: spec.replicas must not be negative')
  const version = at(scale, 'metadata', 'resourceVersion')
  const metadata = version ? { ...object.metadata, resourceVersion: version } : object.metadata
  return { ...object, metadata, spec: { ...asObject(object.spec), replicas } }
}
