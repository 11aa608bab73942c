/** What the controllers look at of a pod, and what all kinds share. */
import { type KubeObject, type ObjectMeta } from '../../types.ts'
/** Fields that may be absent, or present and undefined. */
export type Maybe<T> = { [K in keyof T]?: T[K] | undefined }

export type LabelSelector = Maybe<{
  matchLabels: Record<string, string>
  matchExpressions: { key: string; operator: string; values?: string[] }[]
}>

export type Condition = {
  type: string
  status: string
  reason?: string | undefined
  message?: string | undefined
  lastTransitionTime?: string | undefined
  lastUpdateTime?: string | undefined
  lastProbeTime?: string | null | undefined
  lastHeartbeatTime?: string | undefined
  observedGeneration?: number | undefined
}

type Probe = Maybe<{ initialDelaySeconds: number; periodSeconds: number; successThreshold: number }>

type KeyReference = { name?: string; key: string; optional?: boolean }

export type Container = { name: string } & Maybe<{
  image: string
  command: string[]
  args: string[]
  imagePullPolicy: string
  restartPolicy: string
  env: { name: string; valueFrom?: { secretKeyRef?: KeyReference; configMapKeyRef?: KeyReference } }[]
  envFrom: {
    secretRef?: { name?: string; optional?: boolean }
    configMapRef?: { name?: string; optional?: boolean }
  }[]
  ports: { name?: string; containerPort: number; protocol?: string }[]
  resources: Maybe<{ requests: Record<string, string>; limits: Record<string, string> }>
  readinessProbe: Probe
  startupProbe: Probe
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[]
}>

type Volume = { name: string } & Maybe<{
  persistentVolumeClaim: { claimName: string; readOnly?: boolean }
  secret: { secretName?: string; optional?: boolean }
  configMap: { name?: string; optional?: boolean }
  ephemeral: { volumeClaimTemplate: { metadata?: Partial<ObjectMeta>; spec: unknown } }
}>

export type Taint = { key: string; effect: string } & Maybe<{ value: string; timeAdded: string }>

export type Toleration = Maybe<{
  key: string
  operator: string
  value: string
  effect: string
  tolerationSeconds: number
}>

export type NodeSelectorTerm = Maybe<{
  matchExpressions: { key: string; operator: string; values?: string[] }[]
  matchFields: { key: string; operator: string; values?: string[] }[]
}>

export type PodAffinityTerm = {
  labelSelector?: LabelSelector
  topologyKey: string
  namespaces?: string[]
  namespaceSelector?: LabelSelector
}

type Affinity<T> = Maybe<{ requiredDuringSchedulingIgnoredDuringExecution: T }>

export type SpreadConstraint = {
  maxSkew: number
  topologyKey: string
  whenUnsatisfiable: string
  labelSelector?: LabelSelector
  matchLabelKeys?: string[]
}

type PodSpec = { containers: Container[] } & Maybe<{
  initContainers: Container[]
  volumes: Volume[]
  nodeName: string
  nodeSelector: Record<string, string>
  affinity: Maybe<{
    nodeAffinity: Affinity<{ nodeSelectorTerms: NodeSelectorTerm[] }>
    podAffinity: Affinity<PodAffinityTerm[]>
    podAntiAffinity: Affinity<PodAffinityTerm[]>
  }>
  tolerations: Toleration[]
  topologySpreadConstraints: SpreadConstraint[]
  restartPolicy: string
  schedulerName: string
  schedulingGates: { name: string }[]
  terminationGracePeriodSeconds: number
  hostNetwork: boolean
  hostname: string
  subdomain: string
  readinessGates: { conditionType: string }[]
}>

export type TerminatedState = {
  exitCode: number
  reason: string
  startedAt: string
  finishedAt: string
  containerID: string
}

export type ContainerState = Maybe<{
  waiting: { reason: string; message?: string | undefined }
  running: { startedAt: string }
  terminated: TerminatedState
}>

export type ContainerStatus = {
  name: string
  image: string
  imageID: string
  ready: boolean
  started: boolean
  restartCount: number
  state: ContainerState
  lastState?: ContainerState
  containerID?: string | undefined
}

export type PodStatus = Maybe<{
  phase: string
  conditions: Condition[]
  podIP: string
  podIPs: { ip: string }[]
  hostIP: string
  hostIPs: { ip: string }[]
  startTime: string
  qosClass: string
  reason: string
  message: string
  observedGeneration: number
  containerStatuses: ContainerStatus[]
  initContainerStatuses: ContainerStatus[]
}>

export type Pod = KubeObject & { spec: PodSpec; status?: PodStatus }

export type PodTemplate = { metadata?: Partial<ObjectMeta>; spec: PodSpec }
