/** The nodes as the scheduler sees them: what they have and what is taken, kept from the changes. */
import { type Changes } from '../shared/changes.ts'
import { keyOf } from '../shared/cluster.ts'
import { type Node, type Pod } from '../shared/kinds.ts'
import { isFinished } from '../shared/pods.ts'
import { type Amounts, amountsOf, requestsOf } from './requests.ts'

export type NodeInfo = {
  node: Node
  allocatable: Amounts
  requested: Amounts
  podCount: number
}

export type NodeCache = {
  /** In the order in which they joined; the array stays the same while no node comes or goes. */
  all(): readonly NodeInfo[]
  get(name: string): NodeInfo | undefined
  /** Counts a pod on a node before it is bound there; `undefined` takes that back. */
  assume(pod: Pod, node: string | undefined): void
}

type Placed = { node: string; requests: Amounts }

export function createNodeCache(changes: Changes): NodeCache {
  const nodes = new Map<string, NodeInfo>()
  const placed = new Map<string, Placed>()
  /** Pods whose node is not (yet) known, by node. */
  const strays = new Map<string, Set<string>>()
  let list: readonly NodeInfo[] | undefined

  function count(info: NodeInfo, requests: Amounts, sign: 1 | -1): void {
    info.podCount += sign
    for (const [name, value] of requests) info.requested.set(name, (info.requested.get(name) ?? 0) + sign * value)
  }

  function place(key: string, node: string, requests: Amounts): void {
    const before = placed.get(key)
    if (before?.node === node) return
    if (before) take(key)
    placed.set(key, { node, requests })
    const info = nodes.get(node)
    if (info) count(info, requests, 1)
    else strays.set(node, (strays.get(node) ?? new Set()).add(key))
  }

  function take(key: string): void {
    const before = placed.get(key)
    if (!before) return
    placed.delete(key)
    const info = nodes.get(before.node)
    if (info) count(info, before.requests, -1)
    strays.get(before.node)?.delete(key)
  }

  changes.on('nodes', ({ type, object: node }) => {
    const { name } = node.metadata
    const known = nodes.get(name)
    if (type === 'DELETED') {
      nodes.delete(name)
      list = undefined
      strays.set(name, new Set([...placed].filter(([, each]) => each.node === name).map(([key]) => key)))
      return
    }
    if (known) {
      if (known.node.status?.allocatable !== node.status?.allocatable)
        known.allocatable = amountsOf(node.status?.allocatable)
      known.node = node
      return
    }
    const info = {
      node,
      allocatable: amountsOf(node.status?.allocatable),
      requested: new Map<string, number>(),
      podCount: 0,
    }
    nodes.set(name, info)
    list = undefined
    for (const key of strays.get(name) ?? []) {
      const stray = placed.get(key)
      if (stray) count(info, stray.requests, 1)
    }
    strays.delete(name)
  })

  changes.on('pods', ({ type, object: pod }) => {
    const key = keyOf(pod)
    if (type === 'DELETED' || isFinished(pod)) take(key)
    else if (pod.spec.nodeName && placed.get(key)?.node !== pod.spec.nodeName)
      place(key, pod.spec.nodeName, requestsOf(pod))
  })

  return {
    all: () => (list ??= [...nodes.values()]),
    get: (name) => nodes.get(name),
    assume(pod, node) {
      if (node === undefined) take(keyOf(pod))
      else place(keyOf(pod), node, requestsOf(pod))
    },
  }
}
