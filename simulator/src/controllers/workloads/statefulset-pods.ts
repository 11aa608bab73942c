/** The pods and claims of a StatefulSet: names, identity, revisions (k8s.io/kubernetes/pkg/controller/statefulset). */
import { shortHash } from '../shared/hash.ts'
import { type Draft } from '../shared/cluster.ts'
import { type ControllerRevision, type Pod, type PodTemplate, type StatefulSet } from '../shared/kinds.ts'
import { isObject } from '../../json.ts'
import { controllerReference, podFromTemplate } from '../shared/pods.ts'

const REVISION_LABEL = 'controller-revision-hash'

/** The number at the end of a pod's name, or undefined when the name is not one of the set's. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const prefix = `${set.metadata.name}-`
  const { name } = pod.metadata
  if (!name.startsWith(prefix)) return undefined
  const ordinal = name.slice(prefix.length)
  return /^\d+$/.test(ordinal) ? Number(ordinal) : undefined
}

/** Name of the revision that a pod was made from. */
export function revisionOfPod(pod: Pod): string | undefined {
  return pod.metadata.labels?.[REVISION_LABEL]
}

function claimName(set: StatefulSet, template: string, ordinal: number): string {
  return `${template}-${set.metadata.name}-${ordinal}`
}

/** The pod of an ordinal, from the template of a revision. Its volumes of claim templates are that ordinal's claims. */
export function statefulPod(set: StatefulSet, template: PodTemplate, revision: string, ordinal: number): Draft {
  const name = `${set.metadata.name}-${ordinal}`
  const claims = (set.spec.volumeClaimTemplates ?? []).map((claim) => ({
    name: claim.metadata.name,
    persistentVolumeClaim: { claimName: claimName(set, claim.metadata.name, ordinal) },
  }))
  const named = new Set(claims.map((claim) => claim.name))
  const draft = podFromTemplate(template, set, {
    name,
    labels: {
      'statefulset.kubernetes.io/pod-name': name,
      'apps.kubernetes.io/pod-index': String(ordinal),
      [REVISION_LABEL]: revision,
    },
  })
  const volumes = [...claims, ...(draft.spec.volumes ?? []).filter((volume) => !named.has(volume.name))]
  return {
    ...draft,
    spec: {
      ...draft.spec,
      hostname: name,
      ...(set.spec.serviceName ? { subdomain: set.spec.serviceName } : {}),
      ...(volumes.length > 0 ? { volumes } : {}),
    },
  }
}

/** The claims of an ordinal. They outlive pod and set unless the retention policy says otherwise. */
export function claimsOf(set: StatefulSet, ordinal: number): Draft[] {
  return (set.spec.volumeClaimTemplates ?? []).map((claim) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: claimName(set, claim.metadata.name, ordinal),
      namespace: set.metadata.namespace,
      labels: { ...claim.metadata.labels, ...set.spec.selector.matchLabels },
      ...(claim.metadata.annotations ? { annotations: claim.metadata.annotations } : {}),
      ...(set.spec.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete'
        ? { ownerReferences: [{ ...controllerReference(set), controller: false, blockOwnerDeletion: false }] }
        : {}),
    },
    spec: claim.spec,
  }))
}

/** The revision that holds the set's present template. */
export function revisionDraft(set: StatefulSet, revision: number): Draft {
  const hash = shortHash({ template: set.spec.template, collisions: set.status?.collisionCount ?? 0 })
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${set.metadata.name}-${hash}`,
      namespace: set.metadata.namespace,
      labels: { ...set.spec.template.metadata?.labels, 'controller.kubernetes.io/hash': hash },
      ownerReferences: [controllerReference(set)],
    },
    data: { spec: { template: { ...set.spec.template, $patch: 'replace' } } },
    revision,
  }
}

/** The template that a revision holds; the set's own when the revision is not to be read. */
export function templateOf(set: StatefulSet, revision: ControllerRevision): PodTemplate {
  const spec = isObject(revision.data) ? revision.data.spec : undefined
  const stored = isObject(spec) ? spec.template : undefined
  if (!isTemplate(stored)) return set.spec.template
  return { spec: stored.spec, ...(stored.metadata ? { metadata: stored.metadata } : {}) }
}

function isTemplate(value: unknown): value is PodTemplate {
  return isObject(value) && isObject(value.spec) && Array.isArray(value.spec.containers)
}
