/** A deployment's ReplicaSets: which one is new, and what revision each is (k8s.io/kubernetes/pkg/controller/deployment/util). */
import { equal } from '../../json.ts'
import { type Draft } from '../shared/cluster.ts'
import { type Deployment, type PodTemplate, type ReplicaSet } from '../shared/kinds.ts'
import { controllerReference } from '../shared/pods.ts'
import { shortHash } from '../shared/hash.ts'
import { timeOf } from '../shared/time.ts'

export const REVISION = 'deployment.kubernetes.io/revision'
export const DESIRED = 'deployment.kubernetes.io/desired-replicas'
export const MAXIMUM = 'deployment.kubernetes.io/max-replicas'
const HISTORY = 'deployment.kubernetes.io/revision-history'
const HASH = 'pod-template-hash'

/** Annotations of the deployment that its ReplicaSets do not take over. */
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  HISTORY,
  DESIRED,
  MAXIMUM,
  'deprecated.deployment.rollback.to',
])

function withoutHash(template: PodTemplate): PodTemplate {
  const { [HASH]: _hash, ...labels } = template.metadata?.labels ?? {}
  return { ...template, metadata: { ...template.metadata, labels } }
}

/** Whether a ReplicaSet has the deployment's present template. */
function hasTemplate(replicaSet: ReplicaSet, template: PodTemplate): boolean {
  return equal(withoutHash(replicaSet.spec.template), withoutHash(template))
}

export function revisionOf(object: { metadata: { annotations?: Record<string, string> } }): number {
  return Number(object.metadata.annotations?.[REVISION] ?? 0)
}

export function byCreation(left: ReplicaSet, right: ReplicaSet): number {
  return (
    timeOf(left.metadata.creationTimestamp) - timeOf(right.metadata.creationTimestamp) ||
    revisionOf(left) - revisionOf(right)
  )
}

/** The new ReplicaSet (the oldest that has the template) and the others. */
export function divide(
  deployment: Deployment,
  all: readonly ReplicaSet[],
): { fresh: ReplicaSet | undefined; old: ReplicaSet[] } {
  const sorted = [...all].sort(byCreation)
  const fresh = sorted.find((each) => hasTemplate(each, deployment.spec.template))
  return { fresh, old: sorted.filter((each) => each !== fresh) }
}

/** The annotations of the new ReplicaSet: the deployment's, its revision, and the revisions that it had before. */
export function revisionAnnotations(
  deployment: Deployment,
  replicaSet: ReplicaSet | undefined,
  revision: number,
): Record<string, string> {
  const before = replicaSet?.metadata.annotations ?? {}
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !notCopied.has(key))
  const annotations = { ...before, ...Object.fromEntries(copied) }
  const had = Number(before[REVISION] ?? 0)
  if (had >= revision) return annotations
  if (had > 0) annotations[HISTORY] = [...(before[HISTORY]?.split(',') ?? []), String(had)].join(',')
  return { ...annotations, [REVISION]: String(revision) }
}

/** The draft of the ReplicaSet for the deployment's present template. */
export function newReplicaSet(deployment: Deployment, replicas: number, maximum: number, revision: number): Draft {
  const { template, selector, minReadySeconds } = deployment.spec
  const hash = shortHash({ template, collisions: deployment.status?.collisionCount ?? 0 })
  const labels = { ...template.metadata?.labels, [HASH]: hash }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      labels,
      annotations: {
        ...revisionAnnotations(deployment, undefined, revision),
        [DESIRED]: String(deployment.spec.replicas ?? 1),
        [MAXIMUM]: String(maximum),
      },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas,
      ...(minReadySeconds ? { minReadySeconds } : {}),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  }
}
