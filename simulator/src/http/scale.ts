/** The scale subresource: the number of replicas, apart from everything else a workload is. */
import { invalid, invalidValue } from '../errors.ts'
import { asNumber, asObject, at, type JsonObject } from '../json.ts'
import { type KubeObject } from '../types.ts'

function selectorText(selector: unknown): string {
  const labels = Object.entries(asObject(at(selector, 'matchLabels')))
  return labels.map(([key, value]) => `${key}=${String(value)}`).join(',')
}

/** The `Scale` of a workload. */
export function scaleOf(object: KubeObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const replicas = asNumber(at(object, 'spec', 'replicas')) ?? 0
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    // The wire leaves out a zero here, and only here.
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: asNumber(at(object, 'status', 'replicas')) ?? 0,
      selector: selectorText(at(object, 'spec', 'selector')),
    },
  }
}

/** The workload with the replicas of a written `Scale`. 422 when it has no such number. */
export function withScale(object: KubeObject, scale: JsonObject): JsonObject {
  const replicas = asNumber(at(scale, 'spec', 'replicas')) ?? 0
  if (!Number.isInteger(replicas) || replicas < 0) {
    const error = invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0')
    throw invalid({ group: 'autoscaling', kind: 'Scale' }, object.metadata.name, [error])
  }
  const version = at(scale, 'metadata', 'resourceVersion')
  const metadata = version ? { ...object.metadata, resourceVersion: version } : object.metadata
  return { ...object, metadata, spec: { ...asObject(object.spec), replicas } }
}
