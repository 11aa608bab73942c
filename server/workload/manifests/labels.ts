import type { ManifestInput } from './input.ts'

/** THE keys by which Berth knows what is its own. Nothing else spells them. */
export const labelKeys = {
  managedBy: 'app.kubernetes.io/managed-by',
  installation: 'berth.dev/installation',
  subscription: 'berth.dev/subscription',
  organization: 'berth.dev/organization',
  service: 'berth.dev/service',
  plan: 'berth.dev/plan',
  revision: 'berth.dev/revision',
  /** Which of the template's services a workload or pod belongs to. */
  component: 'berth.dev/component',
  /** Which of the template's volumes a claim is for. */
  volume: 'berth.dev/volume',
  /** Which copy of a clustered service. */
  copy: 'berth.dev/copy',
  /** Pods that share a volume carry the same value, and are put on one node. */
  nodeGroup: 'berth.dev/node-group',
} as const

export const annotationKeys = {
  generation: 'berth.dev/generation',
  /** On pod templates: pods roll when what they read changes. */
  checksum: 'berth.dev/checksum',
  restartedAt: 'berth.dev/restarted-at',
} as const

export const managedBy = 'berth'

/** The label selector of everything that this installation owns, on any cluster. */
export const managedBySelector = (installationId: string): string =>
  `${labelKeys.managedBy}=${managedBy},${labelKeys.installation}=${installationId}`

/** Labels that never change in a subscription's life: what pods carry, so that a plan's name restarts nothing. */
export const identityLabels = ({ subscription, installationId }: ManifestInput): Record<string, string> => ({
  [labelKeys.managedBy]: managedBy,
  [labelKeys.installation]: installationId,
  [labelKeys.organization]: subscription.organizationId,
  [labelKeys.service]: subscription.serviceSlug,
  [labelKeys.subscription]: subscription.id,
})

/** What every object carries. */
export const objectLabels = (input: ManifestInput): Record<string, string> => ({
  ...identityLabels(input),
  [labelKeys.plan]: input.subscription.planSlug,
  [labelKeys.revision]: input.subscription.revisionId,
})

/** What selects the pods of one service, inside its namespace. Immutable in Kubernetes: never add to it. */
export const componentSelector = (input: ManifestInput, component: string): Record<string, string> => ({
  [labelKeys.component]: component,
  [labelKeys.subscription]: input.subscription.id,
})
