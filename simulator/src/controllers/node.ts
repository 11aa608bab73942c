/** A node as a kubelet would register it. */
import { createHash } from 'node:crypto'
import { formatQuantity, quantity } from '../quantity.ts'
import { type Taint } from './shared/kinds.ts'

export type NodeSpec = {
  name: string
  /** Quantities; 4 CPUs, 16Gi, 110 pods and 100Gi of ephemeral storage unless given. */
  cpu?: string
  memory?: string
  pods?: number
  ephemeralStorage?: string
  zone?: string
  region?: string
  labels?: Record<string, string>
  taints?: Taint[]
  /** `amd64` (the default) or `arm64`. */
  architecture?: string
  /** The node's own address; one of its own is given to it when it joins, if absent. */
  address?: string
}

type NodeDraft = {
  apiVersion: 'v1'
  kind: 'Node'
  metadata: { name: string; labels: Record<string, string>; annotations: Record<string, string> }
  spec: { taints?: Taint[] }
  status: Record<string, unknown>
}

const identifier = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32)

function uuid(text: string): string {
  return identifier(text).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** The Node object to create. Its Ready condition comes with the first heartbeat. */
export function nodeObject(spec: NodeSpec): NodeDraft {
  const { name, cpu = '4', memory = '16Gi', pods = 110, ephemeralStorage = '100Gi', architecture = 'amd64' } = spec
  const reserved = quantity('100Mi')
  const total = quantity(memory)
  const allocatable = { ...total, nano: total.nano > reserved.nano ? total.nano - reserved.nano : total.nano }
  const resources = { cpu, 'ephemeral-storage': ephemeralStorage, 'hugepages-2Mi': '0', pods: String(pods) }
  const addresses = [
    ...(spec.address === undefined ? [] : [{ type: 'InternalIP', address: spec.address }]),
    { type: 'Hostname', address: name },
  ]
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': architecture,
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': architecture,
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        ...(spec.zone === undefined ? {} : { 'topology.kubernetes.io/zone': spec.zone }),
        ...(spec.region === undefined ? {} : { 'topology.kubernetes.io/region': spec.region }),
        ...spec.labels,
      },
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: { ...(spec.taints ? { taints: spec.taints } : {}) },
    status: {
      capacity: { ...resources, memory },
      allocatable: { ...resources, memory: formatQuantity(allocatable) },
      addresses,
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        machineID: identifier(`machine ${name}`),
        systemUUID: uuid(`machine ${name}`),
        bootID: uuid(`boot ${name}`),
        kernelVersion: '6.12.0-simulated',
        osImage: 'Simulated Linux',
        containerRuntimeVersion: 'containerd://2.1.0',
        kubeletVersion: 'v1.34.0',
        kubeProxyVersion: '',
        operatingSystem: 'linux',
        architecture,
      },
    },
  }
}
