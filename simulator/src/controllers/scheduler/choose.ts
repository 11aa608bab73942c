/** Where a pod goes: filters, then the emptiest of the nodes that are left. Pure but for the cursor. */
import { type Node, type Pod } from '../shared/kinds.ts'
import { tolerates } from '../shared/taints.ts'
import { type ClaimDemands } from './claims.ts'
import { type NodeInfo } from './node-cache.ts'
import { type Amounts } from './requests.ts'
import { wantsNode } from './selectors.ts'
import { type Topology } from './topology.ts'

/** Why a node will not do. `final`: ending other pods would not help. */
type Refusal = { reasons: string[]; final: boolean }

export type Choice = { node: string } | { message: string }

/** As many nodes that would do are looked at; the real scheduler samples large clusters too. */
const ENOUGH = 100

type Candidate = { pod: Pod; requests: Amounts; claims: ClaimDemands; topology: Topology }

/** Why the pod cannot run on the node, or undefined when it can. The order is that of the real scheduler's plugins. */
function refusalOf({ pod, requests, claims, topology }: Candidate, info: NodeInfo): Refusal | undefined {
  const { node } = info
  const final = (reason: string): Refusal => ({ reasons: [reason], final: true })
  const taint = node.spec?.taints?.find(
    (each) =>
      each.effect !== 'PreferNoSchedule' && !pod.spec.tolerations?.some((toleration) => tolerates(toleration, each)),
  )
  if (node.spec?.unschedulable && !toleratesCordon(pod)) return final('node(s) were unschedulable')
  if (taint) return final('node(s) had untolerated taint(s)')
  if (!wantsNode(pod, node)) return final("node(s) didn't match Pod's node affinity/selector")
  const lacking = lacks(requests, info)
  if (lacking) return lacking
  const volume = claims.filter(node)
  if (volume !== undefined) return final(volume)
  const spread = topology.filter(node)
  return spread === undefined ? undefined : { reasons: [spread], final: false }
}

function toleratesCordon(pod: Pod): boolean {
  const cordon = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }
  return pod.spec.tolerations?.some((toleration) => tolerates(toleration, cordon)) ?? false
}

function lacks(requests: Amounts, { allocatable, requested, podCount }: NodeInfo): Refusal | undefined {
  const reasons: string[] = []
  let final = false
  if (podCount + 1 > (allocatable.get('pods') ?? Infinity)) reasons.push('Too many pods')
  for (const [name, wanted] of requests) {
    if (wanted === 0) continue
    const all = allocatable.get(name) ?? 0
    if (wanted <= all - (requested.get(name) ?? 0)) continue
    reasons.push(`Insufficient ${name}`)
    if (wanted > all) final = true
  }
  return reasons.length > 0 ? { reasons, final } : undefined
}

/** More free is better, then fewer pods of the same kind nearby, then fewer pods at all. */
function scoreOf({ requests, topology }: Candidate, { node, allocatable, requested, podCount }: NodeInfo): number {
  const free = (name: string): number => {
    const all = allocatable.get(name) ?? 0
    return all === 0 ? 0 : 1 - ((requested.get(name) ?? 0) + (requests.get(name) ?? 0)) / all
  }
  return 50 * (free('cpu') + free('memory')) - 200 * topology.crowding(node) - podCount / 1_000
}

/** Chooses, starting at the node where the last search ended (`cursor`), so that all nodes get their turn. */
export function choose(candidate: Candidate, nodes: readonly NodeInfo[], cursor: number): Choice & { looked: number } {
  const refusals: Refusal[] = []
  let best: { node: Node; score: number } | undefined
  let feasible = 0
  let looked = 0
  for (; looked < nodes.length && feasible < ENOUGH; looked++) {
    const info = nodes[(cursor + looked) % nodes.length]
    if (!info) continue
    const refusal = refusalOf(candidate, info)
    if (refusal) {
      refusals.push(refusal)
      continue
    }
    feasible++
    const score = scoreOf(candidate, info)
    if (!best || score > best.score) best = { node: info.node, score }
  }
  return best ? { node: best.node.metadata.name, looked } : { message: explain(nodes.length, refusals), looked }
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. no new claims to deallocate, preemption: …` */
function explain(nodes: number, refusals: readonly Refusal[]): string {
  if (nodes === 0) return 'no nodes available to schedule pods'
  const reasons = histogram(refusals.flatMap((refusal) => refusal.reasons))
  const preemption = histogram(
    refusals.map(({ final }) =>
      final ? 'Preemption is not helpful for scheduling' : 'No preemption victims found for incoming pod',
    ),
  )
  const none = `0/${nodes} nodes are available:`
  return `${none} ${reasons}. no new claims to deallocate, preemption: ${none} ${preemption}.`
}

function histogram(reasons: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const lines = [...counts].map(([reason, count]) => `${count} ${reason}`)
  return lines.sort().join(', ')
}
