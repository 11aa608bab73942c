import { createHash } from 'node:crypto'
import type { KubeObject } from '../../kube/object.ts'
import { parseCpu, parseBytes } from '../../kube/quantity.ts'
import { annotationKeys, labelKeys, managedBy } from '../../workload/manifests/labels.ts'

/**
 * What is kept of a watched object: as little as conditions, pods and drift need, so that memory stays flat over ten
 * thousand pods. Pure.
 */
export type ObservedObject = {
  /** `Kind/name`: unique within a namespace. */
  key: string
  kind: string
  name: string
  namespace: string | undefined
  uid: string
  resourceVersion: string
  /** Changes when somebody changes what the object asks for, and not when its status moves. */
  fingerprint: string
  managed: boolean
  deleting: boolean
  /** The generation of the subscription that the object was last applied for. */
  berthGeneration: number | undefined
  component: string | undefined
  workload?: ObservedWorkload
  pod?: ObservedPod
  claim?: { phase: string; volumeName: string | undefined }
  /** What a namespace that is being deleted still waits for, in Kubernetes' words. */
  remaining?: readonly string[]
}

export type ObservedWorkload = {
  current: boolean
  desired: number
  ready: number
  updated: number
  total: number
  succeeded: number
  failed: boolean
  refusal: string | undefined
}

export type ObservedPod = {
  phase: string
  node: string | undefined
  ready: boolean
  restarts: number
  image: string | undefined
  /** Why it waits or failed: the container's reason first, then the pod's own. */
  reason: string | undefined
  message: string | undefined
  container: string | undefined
  podIp: string | undefined
  startedAt: string | undefined
  createdAt: string
}

type Json = Record<string, unknown>
const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})
const list = (value: unknown): Json[] => (Array.isArray(value) ? value.map(record) : [])
const count = (value: unknown): number => (typeof value === 'number' ? value : 0)
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

/** Annotations that Kubernetes' own controllers write beside ours: a change of theirs is no drift. */
const controllersAnnotations = /^(deployment|pv|volume|batch|autoscaling)\.(beta\.)?kubernetes\.io\//

/** Fields that Kubernetes fills in by itself after we applied. */
function asked(object: KubeObject): unknown {
  const { labels, annotations } = object.metadata
  const ours = Object.entries(annotations ?? {}).filter(([name]) => !controllersAnnotations.test(name))
  const { apiVersion: _version, kind, metadata: _metadata, status: _status, ...rest } = object
  if (kind === 'PersistentVolumeClaim') return [labels, ours, record(rest['spec'])['resources']]
  if (kind === 'Namespace') return [labels, ours]
  return [labels, ours, rest]
}

/** A digest of what the object asks for: equal digests mean that nobody changed it. */
export const fingerprintOf = (object: KubeObject): string =>
  createHash('sha1')
    .update(JSON.stringify(asked(object)))
    .digest('base64')

export function observe(object: KubeObject): ObservedObject {
  const { metadata, kind } = object
  const { name, namespace, uid = '', resourceVersion = '', labels = {}, annotations = {} } = metadata
  const generation = Number(annotations[annotationKeys.generation])
  const observed: ObservedObject = {
    key: `${kind}/${name}`,
    kind,
    name,
    namespace,
    uid,
    resourceVersion,
    fingerprint: kind === 'Pod' ? '' : fingerprintOf(object),
    managed: labels[labelKeys.managedBy] === managedBy,
    deleting: metadata.deletionTimestamp !== undefined,
    berthGeneration: Number.isInteger(generation) ? generation : undefined,
    component: labels[labelKeys.component],
  }
  if (kind === 'Deployment' || kind === 'StatefulSet') observed.workload = replicated(object)
  if (kind === 'Job') observed.workload = job(object)
  if (kind === 'Pod') observed.pod = pod(object)
  if (kind === 'PersistentVolumeClaim') {
    observed.claim = {
      phase: text(record(object['status'])['phase']) ?? 'Pending',
      volumeName: text(record(object['spec'])['volumeName']),
    }
  }
  if (kind === 'Namespace' && observed.deleting) observed.remaining = remaining(object)
  return observed
}

function replicated(object: KubeObject): ObservedWorkload {
  const spec = record(object['spec'])
  const status = record(object['status'])
  const refusal = list(status['conditions']).find(({ type, status }) => type === 'ReplicaFailure' && status === 'True')
  return {
    current: count(status['observedGeneration']) >= (object.metadata.generation ?? 0),
    desired: count(spec['replicas']),
    ready: count(status['readyReplicas']),
    updated: count(status['updatedReplicas']),
    total: count(status['replicas']),
    succeeded: 0,
    failed: false,
    refusal: text(refusal?.['message']),
  }
}

function job(object: KubeObject): ObservedWorkload {
  const status = record(object['status'])
  const failed = list(status['conditions']).find(({ type, status }) => type === 'Failed' && status === 'True')
  return {
    current: true,
    desired: 1,
    ready: count(status['ready']),
    updated: count(status['active']),
    total: count(status['active']),
    succeeded: count(status['succeeded']),
    failed: failed !== undefined,
    refusal: text(failed?.['message']),
  }
}

function pod(object: KubeObject): ObservedPod {
  const spec = record(object['spec'])
  const status = record(object['status'])
  const containers = [...list(status['initContainerStatuses']), ...list(status['containerStatuses'])]
  const conditions = list(status['conditions'])
  const condition = (type: string) => conditions.find((candidate) => candidate['type'] === type)
  const stuck = containers
    .map((container) => ({
      container,
      state: record(container['state']),
      last: record(record(container['lastState'])['terminated']),
    }))
    .find(
      ({ state }) =>
        state['waiting'] !== undefined ||
        (state['terminated'] !== undefined && record(state['terminated'])['exitCode'] !== 0),
    )
  const waiting = record(stuck?.state['waiting'] ?? stuck?.state['terminated'])
  const unscheduled = condition('PodScheduled')?.['status'] === 'False' ? condition('PodScheduled') : undefined
  const { exitCode } = stuck?.last ?? {}
  return {
    phase: text(status['phase']) ?? 'Pending',
    node: text(spec['nodeName']),
    ready: condition('Ready')?.['status'] === 'True',
    restarts: containers.reduce((sum, container) => sum + count(container['restartCount']), 0),
    image: text(list(spec['containers'])[0]?.['image']),
    reason: text(waiting['reason']) ?? text(unscheduled?.['reason']) ?? text(status['reason']),
    message:
      text(waiting['message']) ??
      text(unscheduled?.['message']) ??
      text(status['message']) ??
      (typeof exitCode === 'number' ? `The last run ended with exit code ${exitCode}.` : undefined),
    container: text(stuck?.container['name']),
    podIp: text(status['podIP']),
    startedAt: text(status['startTime']),
    createdAt: object.metadata.creationTimestamp ?? new Date(0).toISOString(),
  }
}

const remaining = (object: KubeObject): string[] =>
  list(record(object['status'])['conditions'])
    .filter(({ status }) => status === 'True')
    .flatMap(({ message }) => text(message) ?? [])

/** What a pod asks of its node: the sums that capacity is counted with (init containers that end do not add up). */
export type ObservedRequests = {
  node: string | undefined
  namespace: string | undefined
  cpuMillicores: number
  memoryBytes: number
  finished: boolean
}

export function requestsOf(object: KubeObject): ObservedRequests {
  const spec = record(object['spec'])
  const requests = list(spec['containers']).map((container) => record(record(container['resources'])['requests']))
  const phase = record(object['status'])['phase']
  return {
    node: text(spec['nodeName']),
    namespace: object.metadata.namespace,
    cpuMillicores: requests.reduce((sum, request) => sum + parseCpu(text(request['cpu']) ?? '0'), 0),
    memoryBytes: requests.reduce((sum, request) => sum + parseBytes(text(request['memory']) ?? '0'), 0),
    finished: phase === 'Succeeded' || phase === 'Failed',
  }
}

/** A volume of the cluster and the claim that named it. */
export type ObservedVolume = {
  name: string
  claimNamespace: string | undefined
  claimName: string | undefined
  phase: string
  reclaimPolicy: string
}

export function observeVolume(object: KubeObject): ObservedVolume {
  const spec = record(object['spec'])
  const claim = record(spec['claimRef'])
  return {
    name: object.metadata.name,
    claimNamespace: text(claim['namespace']),
    claimName: text(claim['name']),
    phase: text(record(object['status'])['phase']) ?? 'Pending',
    reclaimPolicy: text(spec['persistentVolumeReclaimPolicy']) ?? 'Delete',
  }
}
