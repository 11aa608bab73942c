import type { WorkloadSpec } from '../spec.ts'
import { smallestClaimBytes } from './claims.ts'
import type { PlanResources } from './input.ts'
import { shareResources } from './resources.ts'

/** With less, a container ends before its program begins. */
const leastMemoryBytes = 4 * 2 ** 20

/** What a plan has too little of for a template to run at all, in words: "the plan has …". */
export function shortagesOf(spec: WorkloadSpec, plan: PlanResources): string[] {
  const shares = shareResources(spec, plan)
  const lasting = spec.services.flatMap(({ kind, name }) => (kind === 'job' ? [] : [shares.get(name)!]))
  const copies = lasting.reduce((sum, { replicas }) => sum + replicas, 0)
  const millicores = lasting.reduce((sum, { cpuMillicores, replicas }) => sum + cpuMillicores * replicas, 0)
  return [
    ...(plan.storageBytes === 0 && spec.volumes.length > 0 ? ['no storage for its volumes'] : []),
    ...(plan.storageBytes > 0 && plan.storageBytes < spec.volumes.length * smallestClaimBytes
      ? [`less storage than a mebibyte for each of its ${spec.volumes.length} volumes`]
      : []),
    ...([...shares.values()].some(({ memoryBytes }) => memoryBytes < leastMemoryBytes)
      ? ['less memory than four mebibytes for one of its services']
      : []),
    ...(millicores > plan.cpuMillicores ? [`fewer millicores than the ${copies} copies that run`] : []),
  ]
}
