/** What a pod asks of a node, in numbers: CPU in millicores, the rest in whole units. */
import { quantity } from '../../quantity.ts'
import { type Container, type Pod } from '../shared/kinds.ts'

export type Amounts = Map<string, number>

const parsed = new Map<string, number>()

/** A quantity as a number; remembered, since a cluster knows few different ones. */
function amount(name: string, text: string | undefined): number {
  if (text === undefined) return 0
  const key = name === 'cpu' ? `c${text}` : text
  let value = parsed.get(key)
  if (value === undefined) {
    const { nano } = quantity(text)
    value = name === 'cpu' ? Number(nano / 1_000n) / 1_000 : Number(nano / 1_000_000n) / 1_000
    if (parsed.size > 10_000) parsed.clear()
    parsed.set(key, value)
  }
  return value
}

export function amountsOf(list: Record<string, string> | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, amount(name, text)]))
}

function add(total: Amounts, more: Amounts): void {
  for (const [name, value] of more) total.set(name, (total.get(name) ?? 0) + value)
}

const requested = (container: Container): Amounts => amountsOf(container.resources?.requests)

/** Containers and sidecars together, or the largest init container if that is more. */
export function requestsOf(pod: Pod): Amounts {
  const total: Amounts = new Map()
  for (const container of pod.spec.containers) add(total, requested(container))
  const sidecars: Amounts = new Map()
  const peak: Amounts = new Map()
  for (const init of pod.spec.initContainers ?? []) {
    const own = requested(init)
    if (init.restartPolicy === 'Always') add(sidecars, own)
    else
      for (const [name, value] of own) peak.set(name, Math.max(peak.get(name) ?? 0, value + (sidecars.get(name) ?? 0)))
  }
  add(total, sidecars)
  for (const [name, value] of peak) total.set(name, Math.max(total.get(name) ?? 0, value))
  return total
}
