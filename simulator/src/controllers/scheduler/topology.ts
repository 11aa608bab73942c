/**
 * Constraints between pods: affinity, anti-affinity and spreading over domains such as hosts and zones. Counts are made
 * once per pod to be scheduled, over the pods of the namespaces that its terms name; pods without terms cost nothing.
 */
import { asObject } from '../../json.ts'
import { labelSelectorMatches } from '../../selectors.ts'
import { type Cluster } from '../shared/cluster.ts'
import {
  type LabelSelector,
  type Node,
  type Pod,
  type PodAffinityTerm,
  type SpreadConstraint,
} from '../shared/kinds.ts'
import { isFinished } from '../shared/pods.ts'
import { type NodeInfo } from './node-cache.ts'
import { wantsNode } from './selectors.ts'

/** A reason against a node, in the real scheduler's words; undefined when there is none. */
type TopologyFilter = (node: Node) => string | undefined

export type Topology = {
  filter: TopologyFilter
  /** Fewer is better: pods already in the node's domains. */ crowding(node: Node): number
}

const labelsOf = (object: { metadata: { labels?: Record<string, string> } }): Record<string, string> =>
  object.metadata.labels ?? {}

/** What a pod's constraints say about each node. `guards` are running pods with anti-affinity of their own. */
export function topologyOf(cluster: Cluster, pod: Pod, nodes: readonly NodeInfo[], guards: Iterable<Pod>): Topology {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {}
  const filters = [
    ...spreadFilters(cluster, pod, nodes),
    ...(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((term) =>
      affinityFilter(cluster, pod, term),
    ),
    ...(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((term) =>
      antiAffinityFilter(cluster, pod, term),
    ),
    ...guardFilters(cluster, pod, guards),
  ]
  const soft = (pod.spec.topologySpreadConstraints ?? []).map((constraint) => {
    const counts = domainCounts(cluster, spreadPods(cluster, pod, constraint), constraint.topologyKey)
    return (node: Node) => counts.get(labelsOf(node)[constraint.topologyKey] ?? '') ?? 0
  })
  return {
    filter: (node) => {
      for (const filter of filters) {
        const reason = filter(node)
        if (reason !== undefined) return reason
      }
      return undefined
    },
    crowding: (node) => soft.reduce((sum, count) => sum + count(node), 0),
  }
}

function placedPods(cluster: Cluster, namespaces: readonly string[], selector: LabelSelector | undefined): Pod[] {
  return namespaces.flatMap((namespace) =>
    cluster
      .list('pods', namespace)
      .filter((each) => each.spec.nodeName && !isFinished(each) && labelSelectorMatches(selector, labelsOf(each))),
  )
}

function domainCounts(cluster: Cluster, pods: readonly Pod[], topologyKey: string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const each of pods) {
    const node = cluster.get('nodes', undefined, each.spec.nodeName ?? '')
    const domain = node && labelsOf(node)[topologyKey]
    if (domain !== undefined) counts.set(domain, (counts.get(domain) ?? 0) + 1)
  }
  return counts
}

function spreadPods(cluster: Cluster, pod: Pod, { labelSelector, matchLabelKeys = [] }: SpreadConstraint): Pod[] {
  const same = placedPods(cluster, [pod.metadata.namespace ?? ''], labelSelector)
  return same.filter((each) => matchLabelKeys.every((key) => labelsOf(each)[key] === labelsOf(pod)[key]))
}

function spreadFilters(cluster: Cluster, pod: Pod, nodes: readonly NodeInfo[]): TopologyFilter[] {
  const hard = (pod.spec.topologySpreadConstraints ?? []).filter((each) => each.whenUnsatisfiable === 'DoNotSchedule')
  return hard.map((constraint) => {
    const { topologyKey, maxSkew, labelSelector } = constraint
    const counts = domainCounts(cluster, spreadPods(cluster, pod, constraint), topologyKey)
    let least = Infinity
    for (const { node } of nodes) {
      const domain = labelsOf(node)[topologyKey]
      if (domain !== undefined && wantsNode(pod, node)) least = Math.min(least, counts.get(domain) ?? 0)
    }
    const own = labelSelectorMatches(labelSelector, labelsOf(pod)) ? 1 : 0
    return (node) => {
      const domain = labelsOf(node)[topologyKey]
      if (domain === undefined) return "node(s) didn't match pod topology spread constraints (missing required label)"
      const skew = (counts.get(domain) ?? 0) + own - (Number.isFinite(least) ? least : 0)
      return skew > maxSkew ? "node(s) didn't match pod topology spread constraints" : undefined
    }
  })
}

function namespacesOf(cluster: Cluster, pod: Pod, term: PodAffinityTerm): string[] {
  const own = pod.metadata.namespace ?? ''
  if (!term.namespaces?.length && !term.namespaceSelector) return [own]
  const selected = term.namespaceSelector
    ? cluster
        .list('namespaces')
        .filter((each) => labelSelectorMatches(asObject(term.namespaceSelector), labelsOf(each)))
    : []
  return [...new Set([...(term.namespaces ?? []), ...selected.map((each) => each.metadata.name)])]
}

function antiAffinityFilter(cluster: Cluster, pod: Pod, term: PodAffinityTerm): TopologyFilter {
  const counts = domainCounts(
    cluster,
    placedPods(cluster, namespacesOf(cluster, pod, term), term.labelSelector),
    term.topologyKey,
  )
  return (node) => {
    const domain = labelsOf(node)[term.topologyKey]
    return domain !== undefined && counts.has(domain) ? "node(s) didn't match pod anti-affinity rules" : undefined
  }
}

/** The first pod of a group that wants to be together may go anywhere. */
function affinityFilter(cluster: Cluster, pod: Pod, term: PodAffinityTerm): TopologyFilter {
  const namespaces = namespacesOf(cluster, pod, term)
  const counts = domainCounts(cluster, placedPods(cluster, namespaces, term.labelSelector), term.topologyKey)
  const matchesItself =
    namespaces.includes(pod.metadata.namespace ?? '') && labelSelectorMatches(term.labelSelector, labelsOf(pod))
  return (node) => {
    const domain = labelsOf(node)[term.topologyKey]
    const fine = domain !== undefined && (counts.has(domain) || (counts.size === 0 && matchesItself))
    return fine ? undefined : "node(s) didn't match pod affinity rules"
  }
}

function guardFilters(cluster: Cluster, pod: Pod, guards: Iterable<Pod>): TopologyFilter[] {
  const filters: TopologyFilter[] = []
  for (const guard of guards) {
    const node = cluster.get('nodes', undefined, guard.spec.nodeName ?? '')
    if (!node) continue
    for (const term of guard.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
      if (!namespacesOf(cluster, guard, term).includes(pod.metadata.namespace ?? '')) continue
      if (!labelSelectorMatches(term.labelSelector, labelsOf(pod))) continue
      const domain = labelsOf(node)[term.topologyKey]
      filters.push((other) =>
        domain !== undefined && labelsOf(other)[term.topologyKey] === domain
          ? "node(s) didn't satisfy existing pods anti-affinity rules"
          : undefined,
      )
    }
  }
  return filters
}
