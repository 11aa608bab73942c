/** What an organization may have, and whether an order still fits. */

/** Null is no limit; zero forbids. */
export type Limits = {
  maxSubscriptions: number | null
  maxCpuMillicores: number | null
  maxMemoryBytes: bigint | null
  maxStorageBytes: bigint | null
}
/** What is held, or asked for. */
export type Amounts = { subscriptions: number; cpuMillicores: number; memoryBytes: bigint; storageBytes: bigint }

export type Exceeded = { resource: keyof Amounts; used: number; asked: number; allowed: number }

const limitOf = {
  subscriptions: 'maxSubscriptions',
  cpuMillicores: 'maxCpuMillicores',
  memoryBytes: 'maxMemoryBytes',
  storageBytes: 'maxStorageBytes',
} as const satisfies Record<keyof Amounts, keyof Limits>
const resources = Object.keys(limitOf) as (keyof Amounts)[]

/**
 * The limits that an order would break. What it does not ask for breaks none, so that who is above a limit that was
 * lowered since can still order what needs nothing of it.
 */
export function exceededBy(limits: Limits, used: Amounts, asked: Amounts): Exceeded[] {
  return resources.flatMap((resource) => {
    const allowed = limits[limitOf[resource]]
    const [has, wants] = [BigInt(used[resource]), BigInt(asked[resource])]
    if (allowed === null || wants === 0n || has + wants <= BigInt(allowed)) return []
    return [{ resource, used: Number(has), asked: Number(wants), allowed: Number(allowed) }]
  })
}

const words: Readonly<Record<keyof Amounts, string>> = {
  subscriptions: 'subscriptions',
  cpuMillicores: 'millicores of cpu',
  memoryBytes: 'bytes of memory',
  storageBytes: 'bytes of storage',
}

/** One sentence for a person: what is used, asked and allowed. */
export const describeExceeded = (exceeded: readonly Exceeded[]): string =>
  exceeded
    .map(
      ({ resource, used, asked, allowed }) => `${used} of ${allowed} ${words[resource]} are used, and ${asked} asked`,
    )
    .join('; ')
