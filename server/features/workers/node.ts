import type { KubeObject } from '../../kube/object.ts'
import { parseBytes, parseCpu } from '../../kube/quantity.ts'
import type { WorkerStatus } from '../../db/generated/enums.ts'

/** What a Node object says of a worker. Pure: the columns that are observed and never set by hand. */
export type NodeObservation = {
  name: string
  externalId: string
  hostname: string | null
  internalIp: string | null
  externalIp: string | null
  architecture: string | null
  operatingSystem: string | null
  osImage: string | null
  kernelVersion: string | null
  kubeletVersion: string | null
  containerRuntime: string | null
  cpuCapacityMillicores: number
  cpuAllocatableMillicores: number
  memoryCapacityBytes: number
  memoryAllocatableBytes: number
  ephemeralStorageCapacityBytes: number
  ephemeralStorageAllocatableBytes: number
  podsCapacity: number
  podsAllocatable: number
  labels: Record<string, string>
  annotations: Record<string, string>
  taints: unknown[]
  conditions: unknown[]
  roles: string[]
  zone: string | null
  region: string | null
  bootId: string | null
  unschedulable: boolean
  ready: boolean
  statusReason: string | null
  lastHeartbeatAt: string | null
}

type Json = Record<string, unknown>
const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})
const list = (value: unknown): Json[] => (Array.isArray(value) ? value.map(record) : [])
const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

const rolePrefix = 'node-role.kubernetes.io/'

export function observeNode(node: KubeObject): NodeObservation {
  const spec = record(node['spec'])
  const status = record(node['status'])
  const info = record(status['nodeInfo'])
  const capacity = record(status['capacity'])
  const allocatable = record(status['allocatable'])
  const address = (type: string) =>
    text(list(status['addresses']).find((candidate) => candidate['type'] === type)?.['address'])
  const readyCondition = list(status['conditions']).find(({ type }) => type === 'Ready')
  const ready = readyCondition?.['status'] === 'True'
  const { labels = {}, annotations = {} } = node.metadata
  return {
    name: node.metadata.name,
    externalId: node.metadata.uid ?? '',
    hostname: address('Hostname'),
    internalIp: address('InternalIP'),
    externalIp: address('ExternalIP'),
    architecture: text(info['architecture']),
    operatingSystem: text(info['operatingSystem']),
    osImage: text(info['osImage']),
    kernelVersion: text(info['kernelVersion']),
    kubeletVersion: text(info['kubeletVersion']),
    containerRuntime: text(info['containerRuntimeVersion']),
    cpuCapacityMillicores: parseCpu(text(capacity['cpu']) ?? '0'),
    cpuAllocatableMillicores: parseCpu(text(allocatable['cpu']) ?? '0'),
    memoryCapacityBytes: parseBytes(text(capacity['memory']) ?? '0'),
    memoryAllocatableBytes: parseBytes(text(allocatable['memory']) ?? '0'),
    ephemeralStorageCapacityBytes: parseBytes(text(capacity['ephemeral-storage']) ?? '0'),
    ephemeralStorageAllocatableBytes: parseBytes(text(allocatable['ephemeral-storage']) ?? '0'),
    podsCapacity: Number(text(capacity['pods']) ?? 0),
    podsAllocatable: Number(text(allocatable['pods']) ?? 0),
    labels,
    annotations,
    taints: list(spec['taints']),
    conditions: list(status['conditions']),
    roles: Object.keys(labels).flatMap((label) =>
      label.startsWith(rolePrefix) ? [label.slice(rolePrefix.length)] : [],
    ),
    zone: labels['topology.kubernetes.io/zone'] ?? null,
    region: labels['topology.kubernetes.io/region'] ?? null,
    bootId: text(info['bootID']),
    unschedulable: spec['unschedulable'] === true,
    ready,
    statusReason: ready ? null : (text(readyCondition?.['message']) ?? 'The node has not reported that it is ready.'),
    lastHeartbeatAt: text(readyCondition?.['lastHeartbeatTime']),
  }
}

/**
 * The status that follows from what was and what is seen: MAINTENANCE and INACTIVE are left by an administrator only;
 * otherwise a ready node is ACTIVE and another one NOT_READY.
 */
export function observedStatus(before: WorkerStatus | undefined, ready: boolean): WorkerStatus {
  if (before === 'MAINTENANCE' || before === 'INACTIVE') return before
  return ready ? 'ACTIVE' : 'NOT_READY'
}

/** MAINTENANCE and INACTIVE imply not schedulable; otherwise the node's own cordon decides. */
export const isSchedulable = (
  status: WorkerStatus,
  observation: Pick<NodeObservation, 'ready' | 'unschedulable'>,
): boolean => status === 'ACTIVE' && observation.ready && !observation.unschedulable
