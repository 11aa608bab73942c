import { violations } from '@berth/pod-security'
import { isRecord } from './compose/node.ts'
import type { KubernetesObject } from './manifests/index.ts'
import type { Isolation } from './spec.ts'

/** A pod template that its namespace's profile would not let start: which workload, and what it breaks. */
export type PodSecurityProblem = { readonly kind: string; readonly name: string; readonly reasons: readonly string[] }

/**
 * What a cluster's admission will say of the pods of these objects, without asking one. Kubernetes judges pods alone:
 * it would store the workloads, and their pods would never come.
 */
export const podSecurityProblems = (objects: readonly KubernetesObject[], isolation: Isolation): PodSecurityProblem[] =>
  objects.flatMap(({ kind, metadata, spec }) => {
    const template = isRecord(spec) ? spec['template'] : undefined
    if (!isRecord(template) || !isRecord(template['spec'])) return []
    const about = isRecord(template['metadata']) ? template['metadata'] : {}
    const found = violations(isolation, template['spec'], about)
    const reasons = found.map(({ reason, detail }) => `${reason} (${detail})`)
    return reasons.length === 0 ? [] : [{ kind, name: metadata.name, reasons }]
  })
