import type { WorkloadSpec } from '../spec.ts'

/** A group of pods: in the namespace of that name, with these labels. */
export type PodGroup = { readonly namespace: string; readonly podLabels: Readonly<Record<string, string>> }

/** What a plan sells, for the whole subscription: cpu in thousandths of a core, memory and storage in bytes. */
export type PlanResources = {
  readonly cpuMillicores: number
  readonly memoryBytes: number
  readonly storageBytes: number
  /** The most copies of one service. */
  readonly replicas: number
}

/** How this cluster does things; null or absent where the operator has not said. */
export type ClusterSettings = {
  readonly baseDomain?: string | null
  readonly ingressClass?: string | null
  readonly ingressSelector?: PodGroup | null
  readonly dnsSelector?: PodGroup | null
  readonly storageClass?: string | null
  /** cert-manager's ClusterIssuer. With one, endpoints are https. */
  readonly certificateIssuer?: string | null
  /** Ranges of nodes, pods and services, which tenants must not reach. */
  readonly blockedCidrs: readonly string[]
}

export type SubscriptionIdentity = {
  /** Plain UUID. */
  readonly id: string
  readonly name: string
  readonly organizationId: string
  readonly serviceId: string
  readonly serviceSlug: string
  readonly planId: string
  readonly planSlug: string
  readonly revisionId: string
  readonly generation: number
  readonly parameters: Readonly<Record<string, string>>
  /** When a restart was last asked for (ISO 8601): pods roll when it changes. */
  readonly restartedAt?: string
}

/** Everything that decides a subscription's objects. The same input gives the same bytes. */
export type ManifestInput = {
  readonly spec: WorkloadSpec
  readonly plan: PlanResources
  readonly subscription: SubscriptionIdentity
  /** By name, as `generateSecrets` made them. */
  readonly secrets: Readonly<Record<string, string>>
  readonly installationId: string
  readonly cluster: ClusterSettings
  /** False: nothing runs, everything else stays. */
  readonly running: boolean
  /** By claim name. */
  readonly existingClaims?: Readonly<Record<string, ExistingClaim>>
}

/** A claim that the cluster has: its class cannot change, and its size never shrinks. */
type ExistingClaim = {
  readonly storageClass?: string | null
  readonly sizeBytes?: number
  /** False: its class cannot make it larger, and an API server would refuse to be asked. */
  readonly expandable?: boolean
}
