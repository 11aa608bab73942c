import { isRecord } from '../compose/node.ts'
import type { KubernetesObject } from '../manifests/index.ts'

/** Of each kind's spec, what the API server lets nobody change (`kubectl explain`, and its validation). */
const immutableFields: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['selector'],
  StatefulSet: ['selector', 'serviceName', 'podManagementPolicy', 'volumeClaimTemplates'],
  Job: ['selector', 'template', 'completions', 'completionMode'],
  PersistentVolumeClaim: ['accessModes', 'storageClassName', 'volumeMode', 'selector'],
  // A Service with an address cannot give it up, and one without never gets one.
  Service: ['type', 'clusterIP'],
}

/** The immutable fields in which two versions of one object differ, by name. */
export function changedImmutables(previous: KubernetesObject, next: KubernetesObject): string[] {
  const [before, after] = [specOf(previous), specOf(next)]
  const fields = (immutableFields[next.kind] ?? []).filter((field) => differs(before[field], after[field]))
  const isRetyped = next.kind === 'Secret' && differs(previous['type'], next['type'])
  return isRetyped ? [...fields, 'type'] : fields
}

const specOf = ({ spec }: KubernetesObject): Record<string, unknown> => (isRecord(spec) ? spec : {})

/** Both come out of one builder, which writes its fields in one order. */
const differs = (one: unknown, other: unknown): boolean => JSON.stringify(one) !== JSON.stringify(other)
