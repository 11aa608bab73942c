import type { KubeObject } from '../../kube/object.ts'
import type { WorkloadSpec } from '../../workload/spec.ts'
import { labelKeys } from '../../workload/manifests/labels.ts'
import type { ObservedObject } from '../clusters/service.ts'
import { isOlder, keyOf, type Applied } from './applied.ts'
import { isComponentReady, isComponentStarted, type Component } from './conditions.ts'

/** The parts of a subscription that run, and the order in which they may start for the first time. Pure. */

const workloadKinds = new Set(['Deployment', 'StatefulSet', 'Job'])

/** What is seen of each workload that is wanted; one that the watch has not caught up with counts as not seen. */
export function observeComponents(
  wanted: readonly KubeObject[],
  observed: ReadonlyMap<string, ObservedObject>,
  applied: Applied,
): Component[] {
  const pods = [...observed.values()].filter(({ pod }) => pod !== undefined)
  return wanted
    .filter(({ kind }) => workloadKinds.has(kind))
    .map((object) => {
      const seen = observed.get(keyOf(object))
      const known = applied.objects.get(keyOf(object))
      const stale = seen === undefined || (known !== undefined && isOlder(seen.resourceVersion, known.resourceVersion))
      const name = object.metadata.labels?.[labelKeys.component] ?? object.metadata.name
      return {
        name,
        kind: object.kind === 'Job' ? ('job' as const) : ('workload' as const),
        replicas: replicasOf(object),
        observed: stale ? undefined : seen,
        pods: pods.filter(({ component }) => component === name),
      }
    })
}

function replicasOf(object: KubeObject): number {
  const { replicas } = (object['spec'] ?? {}) as { replicas?: number }
  return replicas ?? 1
}

/**
 * What may be applied now. A workload waits, before it exists for the first time, until those that it depends on are
 * started, healthy or completed; after that it is kept up whatever happens to them.
 */
export function inOrder(
  spec: WorkloadSpec,
  wanted: readonly KubeObject[],
  components: readonly Component[],
  observed: ReadonlyMap<string, ObservedObject>,
): { due: KubeObject[]; waiting: number } {
  const byName = new Map(components.map((component) => [component.name, component]))
  const services = new Map(spec.services.map((service) => [service.name, service]))
  const mayStart = (object: KubeObject): boolean => {
    if (!workloadKinds.has(object.kind) || observed.has(keyOf(object))) return true
    const service = services.get(object.metadata.labels?.[labelKeys.component] ?? '')
    return (service?.dependsOn ?? []).every(({ service: name, condition }) => {
      const dependency = byName.get(name)
      if (!dependency || dependency.replicas === 0) return true
      return condition === 'started' ? isComponentStarted(dependency) : isComponentReady(dependency)
    })
  }
  const due = wanted.filter(mayStart)
  return { due, waiting: wanted.length - due.length }
}
