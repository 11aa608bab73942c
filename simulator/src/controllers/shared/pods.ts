/** What controllers ask about a pod (k8s.io/kubernetes/pkg/api/v1/pod, pkg/controller). */
import { type KubeObject, type OwnerReference } from '../../types.ts'
import { type Draft } from './cluster.ts'
import { conditionOf, isTrue } from './conditions.ts'
import { type Pod, type PodTemplate } from './kinds.ts'
import { timeOf } from './time.ts'

/** Succeeded or Failed: nothing of it runs any more. */
export function isFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}

/** Neither finished nor being deleted. */
export function isActive(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined && !isFinished(pod)
}

export function isReady(pod: Pod): boolean {
  return isTrue(pod.status?.conditions, 'Ready')
}

/** Ready for `minReadySeconds`, or after how many milliseconds it will be (undefined while it is not ready). */
export function availableIn(pod: Pod, minReadySeconds: number, now: Date): number | undefined {
  const ready = conditionOf(pod.status?.conditions, 'Ready')
  if (ready?.status !== 'True') return undefined
  if (minReadySeconds === 0) return 0
  return Math.max(0, timeOf(ready.lastTransitionTime) + minReadySeconds * 1000 - now.getTime())
}

export function isAvailable(pod: Pod, minReadySeconds: number, now: Date): boolean {
  return availableIn(pod, minReadySeconds, now) === 0
}

/** A reference that makes the owner the controller of what carries it. */
export function controllerReference(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  }
}

export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller)
}

/** The draft of a pod from a template, controlled by the owner. Metadata given here wins over the template's. */
export function podFromTemplate(
  template: PodTemplate,
  owner: KubeObject,
  metadata: { name?: string; labels?: Record<string, string>; finalizers?: string[] } = {},
): Draft & { spec: PodTemplate['spec'] } {
  const { labels, annotations, finalizers } = template.metadata ?? {}
  const allFinalizers = [...(finalizers ?? []), ...(metadata.finalizers ?? [])]
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(metadata.name === undefined ? {} : { name: metadata.name }),
      generateName: `${owner.metadata.name}-`,
      namespace: owner.metadata.namespace,
      labels: { ...labels, ...metadata.labels },
      ...(annotations ? { annotations } : {}),
      ...(allFinalizers.length > 0 ? { finalizers: allFinalizers } : {}),
      ownerReferences: [controllerReference(owner)],
    },
    spec: template.spec,
  }
}
