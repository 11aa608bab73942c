/**
 * What the kubelets say about their nodes: addresses when they join, a lease every ten seconds, the conditions every
 * five minutes. One timer serves all nodes, a tenth of them each time, so that 5,000 heartbeats do not come at once.
 */
import { type Deps } from '../shared/deps.ts'
import { conditionOf } from '../shared/conditions.ts'
import { type Condition, type Node } from '../shared/kinds.ts'
import { microTime, time, timeOf } from '../shared/time.ts'
import { toText } from '../kubelet/addresses.ts'

const SLOTS = 10
const STATUS_SECONDS = 300
const LEASES = 'kube-node-lease'
/** 10.244.0.0 and 172.18.0.0: pods and nodes, in the order in which nodes join. */
const FIRST_POD_RANGE = 10 * 2 ** 24 + 244 * 2 ** 16
const FIRST_NODE_ADDRESS = 172 * 2 ** 24 + 18 * 2 ** 16

const healthy: readonly [type: string, status: string, reason: string, message: string][] = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
]

/** The conditions of a node whose kubelet is well. Those that others set are kept. */
function healthyConditions(before: readonly Condition[] | undefined, now: Date): Condition[] {
  const own = new Set(healthy.map(([type]) => type))
  const reported = healthy.map(([type, status, reason, message]) => {
    const old = conditionOf(before, type)
    const lastTransitionTime = old?.status === status ? (old.lastTransitionTime ?? time(now)) : time(now)
    return { type, status, reason, message, lastHeartbeatTime: time(now), lastTransitionTime }
  })
  return [...reported, ...(before?.filter((condition) => !own.has(condition.type)) ?? [])]
}

export function startHeartbeats(deps: Deps): void {
  const { cluster, changes, clock, faults, timings } = deps
  /** Each node with the number it joined as. */
  const joined = new Map<string, number>()
  const slots: Set<string>[] = Array.from({ length: SLOTS }, () => new Set())
  const queue = deps.queue(report)
  let slot = 0
  let nextNumber = 0

  changes.on('nodes', ({ type, object: node }) => {
    const { name } = node.metadata
    if (type === 'DELETED') {
      slots[(joined.get(name) ?? 0) % SLOTS]?.delete(name)
      joined.delete(name)
      return queue.forget(name)
    }
    if (joined.has(name)) return
    const number = numberOf(node) ?? nextNumber
    nextNumber = Math.max(nextNumber, number + 1)
    joined.set(name, number)
    slots[number % SLOTS]?.add(name)
    queue.add(name)
  })
  deps.onStop(
    faults.onChange(() => {
      for (const name of joined.keys()) if (isReportedDown(name) && !isDown(name)) queue.add(name)
    }),
  )

  const isDown = (name: string): boolean => faults.active('nodeDown').some((fault) => fault.node === name)

  function isReportedDown(name: string): boolean {
    return conditionOf(cluster.get('nodes', undefined, name)?.status?.conditions, 'Ready')?.status !== 'True'
  }

  function beat(): void {
    for (const name of slots[slot] ?? []) queue.add(name)
    slot = (slot + 1) % SLOTS
    timer = clock.after((timings.heartbeatSeconds * 1000) / SLOTS, beat)
  }
  let timer = clock.after((timings.heartbeatSeconds * 1000) / SLOTS, beat)
  deps.onStop(() => timer.cancel())

  function report(name: string): void {
    const node = cluster.get('nodes', undefined, name)
    if (!node || isDown(name)) return
    const named = withRange(node, joined.get(name) ?? 0)
    renewLease(named)
    const ready = conditionOf(node.status?.conditions, 'Ready')
    const age = clock.now().getTime() - timeOf(ready?.lastHeartbeatTime)
    if (ready?.status === 'True' && age < STATUS_SECONDS * 1000) return
    cluster.setStatus('nodes', named, {
      ...named.status,
      addresses: addressesOf(named, joined.get(name) ?? 0),
      conditions: healthyConditions(named.status?.conditions, clock.now()),
    })
  }

  function withRange(node: Node, number: number): Node {
    if (node.spec?.podCIDR) return node
    const range = `${toText(FIRST_POD_RANGE + number * 256)}/24`
    return cluster.update('nodes', { ...node, spec: { ...node.spec, podCIDR: range, podCIDRs: [range] } })
  }

  function renewLease(node: Node): void {
    const { name, uid } = node.metadata
    const spec = {
      holderIdentity: name,
      leaseDurationSeconds: timings.monitorGraceSeconds,
      renewTime: microTime(clock.now()),
    }
    const lease = cluster.get('leases.coordination.k8s.io', LEASES, name)
    if (lease) {
      cluster.update('leases.coordination.k8s.io', { ...lease, spec })
      return
    }
    if (!cluster.get('namespaces', undefined, LEASES)) return
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name, uid }]
    cluster.create('leases.coordination.k8s.io', {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace: LEASES, ownerReferences },
      spec,
    })
  }
}

/** The number that a node was given before a restart. */
function numberOf(node: Node): number | undefined {
  const parts = node.spec?.podCIDR?.split(/[./]/).map(Number)
  if (!parts) return undefined
  const [first = 0, second = 0, third = 0] = parts
  const number = first * 2 ** 16 + second * 2 ** 8 + third - FIRST_POD_RANGE / 256
  return number >= 0 && number < 2 ** 16 ? number : undefined
}

function addressesOf(node: Node, number: number): { type: string; address: string }[] {
  const known = node.status?.addresses ?? []
  const has = (type: string): boolean => known.some((address) => address.type === type)
  return [
    ...(has('InternalIP') ? [] : [{ type: 'InternalIP', address: toText(FIRST_NODE_ADDRESS + number + 2) }]),
    ...known,
    ...(has('Hostname') ? [] : [{ type: 'Hostname', address: node.metadata.name }]),
  ]
}
