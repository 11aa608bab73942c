/**
 * The parts of the Kubernetes objects that the controllers look at. The API server has validated and defaulted what is
 * stored; fields that nobody here reads are carried along untouched.
 */
import { type KubeObject, type ObjectMeta } from '../../types.ts'

import {
  type Condition,
  type LabelSelector,
  type Maybe,
  type NodeSelectorTerm,
  type Pod,
  type PodTemplate,
  type Taint,
} from './pod-kinds.ts'

export type * from './pod-kinds.ts'

export type ReplicaSet = KubeObject & {
  spec: { replicas?: number; selector: LabelSelector; template: PodTemplate; minReadySeconds?: number }
  status?: Maybe<{
    replicas: number
    fullyLabeledReplicas: number
    readyReplicas: number
    availableReplicas: number
    observedGeneration: number
    conditions: Condition[]
  }>
}

export type DeploymentStatus = Maybe<{
  observedGeneration: number
  replicas: number
  updatedReplicas: number
  readyReplicas: number
  availableReplicas: number
  unavailableReplicas: number
  collisionCount: number
  conditions: Condition[]
}>

export type Deployment = KubeObject & {
  spec: {
    replicas?: number
    selector: LabelSelector
    template: PodTemplate
    minReadySeconds?: number
    paused?: boolean
    progressDeadlineSeconds?: number
    revisionHistoryLimit?: number
    strategy?: { type?: string; rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string } }
  }
  status?: DeploymentStatus
}

export type StatefulSetStatus = Maybe<{
  observedGeneration: number
  replicas: number
  readyReplicas: number
  availableReplicas: number
  currentReplicas: number
  updatedReplicas: number
  currentRevision: string
  updateRevision: string
  collisionCount: number
  conditions: Condition[]
}>

type ClaimTemplate = { metadata: Partial<ObjectMeta> & { name: string }; spec: unknown }

export type StatefulSet = KubeObject & {
  spec: {
    replicas?: number
    selector: LabelSelector
    template: PodTemplate
    serviceName?: string
    minReadySeconds?: number
    podManagementPolicy?: string
    revisionHistoryLimit?: number
    ordinals?: { start?: number }
    updateStrategy?: { type?: string; rollingUpdate?: { partition?: number } }
    volumeClaimTemplates?: ClaimTemplate[]
    persistentVolumeClaimRetentionPolicy?: { whenDeleted?: string; whenScaled?: string }
  }
  status?: StatefulSetStatus
}

export type ControllerRevision = KubeObject & { revision: number; data?: unknown }

export type JobStatus = Maybe<{
  active: number
  ready: number
  terminating: number
  succeeded: number
  failed: number
  startTime: string
  completionTime: string
  completedIndexes: string
  conditions: Condition[]
  uncountedTerminatedPods: unknown
}>

export type Job = KubeObject & {
  spec: {
    parallelism?: number
    completions?: number
    completionMode?: string
    backoffLimit?: number
    activeDeadlineSeconds?: number
    ttlSecondsAfterFinished?: number
    suspend?: boolean
    selector?: LabelSelector
    template: PodTemplate
  }
  status?: JobStatus
}

type NodeStatus = Maybe<{
  capacity: Record<string, string>
  allocatable: Record<string, string>
  conditions: Condition[]
  addresses: { type: string; address: string }[]
  nodeInfo: Record<string, string>
  daemonEndpoints: unknown
  images: unknown[]
}>

export type Node = KubeObject & {
  spec?: Maybe<{ unschedulable: boolean; taints: Taint[]; podCIDR: string; podCIDRs: string[]; providerID: string }>
  status?: NodeStatus
}

type Lease = KubeObject & {
  spec?: { holderIdentity?: string; renewTime?: string; leaseDurationSeconds?: number }
}

export type Claim = KubeObject & {
  spec: {
    storageClassName?: string
    volumeName?: string
    accessModes?: string[]
    volumeMode?: string
    selector?: LabelSelector
    resources?: { requests?: Record<string, string> }
  }
  status?: Maybe<{
    phase: string
    capacity: Record<string, string>
    accessModes: string[]
    conditions: Condition[]
  }>
}

export type PersistentVolume = KubeObject & {
  spec: {
    capacity?: Record<string, string>
    accessModes?: string[]
    storageClassName?: string
    volumeMode?: string
    persistentVolumeReclaimPolicy?: string
    claimRef?: {
      apiVersion?: string
      kind?: string
      name: string
      namespace: string
      uid?: string
      resourceVersion?: string
    }
    nodeAffinity?: { required?: { nodeSelectorTerms: NodeSelectorTerm[] } }
    hostPath?: { path: string; type?: string }
  }
  status?: Maybe<{ phase: string; lastPhaseTransitionTime: string; reason: string }>
}

export type StorageClass = KubeObject & {
  provisioner: string
  reclaimPolicy?: string
  volumeBindingMode?: string
  allowVolumeExpansion?: boolean
}

export type Service = KubeObject & {
  spec: {
    selector?: Record<string, string>
    clusterIP?: string
    type?: string
    publishNotReadyAddresses?: boolean
    ports?: { name?: string; port: number; targetPort?: number | string; protocol?: string; appProtocol?: string }[]
  }
}

export type Namespace = KubeObject & {
  spec?: { finalizers?: string[] }
  status?: Maybe<{ phase: string; conditions: Condition[] }>
}

type ResourceQuota = KubeObject & {
  spec: { hard?: Record<string, string>; scopes?: string[]; scopeSelector?: unknown }
  status?: Maybe<{ hard: Record<string, string>; used: Record<string, string> }>
}

export type DisruptionBudget = KubeObject & {
  spec: { minAvailable?: number | string; maxUnavailable?: number | string; selector?: LabelSelector }
  status?: Maybe<{
    observedGeneration: number
    disruptionsAllowed: number
    currentHealthy: number
    desiredHealthy: number
    expectedPods: number
    conditions: Condition[]
    disruptedPods: Record<string, string>
  }>
}

export type EndpointAddress = {
  ip: string
  hostname?: string
  nodeName?: string
  targetRef?: unknown
}

export type Endpoints = KubeObject & {
  subsets?: { addresses?: EndpointAddress[]; notReadyAddresses?: EndpointAddress[]; ports?: unknown[] }[]
}

type EndpointSlice = KubeObject & { addressType: string; endpoints?: unknown[]; ports?: unknown[] }

type EventObject = KubeObject & {
  type: string
  reason: string
  message?: string
  count?: number
  lastTimestamp?: string | null
  eventTime?: string | null
  involvedObject: { uid?: string; fieldPath?: string }
  reportingComponent?: string
}

/** What each resource holds. */
export type Kinds = {
  pods: Pod
  nodes: Node
  namespaces: Namespace
  services: Service
  endpoints: Endpoints
  events: EventObject
  secrets: KubeObject & { data?: Record<string, string> }
  configmaps: KubeObject & { data?: Record<string, string>; binaryData?: Record<string, string> }
  serviceaccounts: KubeObject
  persistentvolumeclaims: Claim
  persistentvolumes: PersistentVolume
  resourcequotas: ResourceQuota
  'deployments.apps': Deployment
  'replicasets.apps': ReplicaSet
  'statefulsets.apps': StatefulSet
  'controllerrevisions.apps': ControllerRevision
  'jobs.batch': Job
  'poddisruptionbudgets.policy': DisruptionBudget
  'leases.coordination.k8s.io': Lease
  'storageclasses.storage.k8s.io': StorageClass
  'endpointslices.discovery.k8s.io': EndpointSlice
}

export type Resource = keyof Kinds
