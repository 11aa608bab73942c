/** Addresses of pods: each node has a range, each pod an address of it while it runs. */

export type Addresses = {
  /** A free address of the node's range (`10.244.3.0/24`). Undefined when none is left. */
  take(node: string, range: string): string | undefined
  /** Notes one that is in use already. */
  note(node: string, address: string): void
  release(node: string, address: string): void
  forget(node: string): void
}

/** The first address is the node's own side of the pod network. */
const FIRST = 2

export function createAddresses(): Addresses {
  const used = new Map<string, { addresses: Set<number>; next: number }>()

  function ofNode(node: string): { addresses: Set<number>; next: number } {
    let found = used.get(node)
    if (!found) used.set(node, (found = { addresses: new Set(), next: FIRST }))
    return found
  }

  return {
    take(node, range) {
      const [base = 0, bits = 24] = [toNumber(range.split('/')[0] ?? ''), Number(range.split('/')[1])]
      const size = 2 ** (32 - bits) - 1
      const own = ofNode(node)
      // Round robin, so that an address is not at once somebody else's, as host-local IPAM does.
      for (let tries = FIRST; tries < size; tries++) {
        const candidate = base + own.next
        own.next = own.next + 1 >= size ? FIRST : own.next + 1
        if (own.addresses.has(candidate)) continue
        own.addresses.add(candidate)
        return toText(candidate)
      }
      return undefined
    },
    note: (node, address) => void ofNode(node).addresses.add(toNumber(address)),
    release: (node, address) => void used.get(node)?.addresses.delete(toNumber(address)),
    forget: (node) => void used.delete(node),
  }
}

/** An IPv4 address as a number. */
function toNumber(address: string): number {
  return address.split('.').reduce((number, part) => number * 256 + Number(part), 0)
}

export function toText(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')
}
