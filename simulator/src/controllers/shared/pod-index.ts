/** Pods by node and by claim, kept from the changes: nobody walks all pods to find those of one node. */
import { type Changes } from './changes.ts'
import { keyOf } from './cluster.ts'
import { type Pod } from './kinds.ts'

export type PodIndex = {
  /** Keys of the pods bound to a node, finished ones included. */
  onNode(node: string): ReadonlySet<string>
  /** Keys of the pods that mount a claim, given as `namespace/name`. */
  usingClaim(claim: string): ReadonlySet<string>
  nodes(): Iterable<string>
}

const none: ReadonlySet<string> = new Set()

/** The claims that a pod mounts, generic ephemeral ones included. */
export function claimNames(pod: Pod): string[] {
  const names: string[] = []
  for (const volume of pod.spec.volumes ?? []) {
    if (volume.persistentVolumeClaim) names.push(volume.persistentVolumeClaim.claimName)
    else if (volume.ephemeral) names.push(`${pod.metadata.name}-${volume.name}`)
  }
  return names
}

export function createPodIndex(changes: Changes): PodIndex {
  const byNode = new Map<string, Set<string>>()
  const byClaim = new Map<string, Set<string>>()

  function put(index: Map<string, Set<string>>, name: string, key: string): void {
    const keys = index.get(name)
    if (keys) keys.add(key)
    else index.set(name, new Set([key]))
  }

  function take(index: Map<string, Set<string>>, name: string, key: string): void {
    const keys = index.get(name)
    keys?.delete(key)
    if (keys?.size === 0) index.delete(name)
  }

  changes.on('pods', ({ type, object: pod, previous }) => {
    const key = keyOf(pod)
    const node = pod.spec.nodeName
    if (type === 'DELETED') {
      if (node) take(byNode, node, key)
      for (const claim of claimNames(pod)) take(byClaim, `${pod.metadata.namespace}/${claim}`, key)
      return
    }
    if (node && previous?.spec.nodeName !== node) put(byNode, node, key)
    if (type === 'ADDED') for (const claim of claimNames(pod)) put(byClaim, `${pod.metadata.namespace}/${claim}`, key)
  })

  return {
    onNode: (node) => byNode.get(node) ?? none,
    usingClaim: (claim) => byClaim.get(claim) ?? none,
    nodes: () => byNode.keys(),
  }
}
