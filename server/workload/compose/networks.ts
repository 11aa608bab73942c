import { child, isRecord, members, type Node } from './node.ts'
import type { Reader } from './reader.ts'
import { checkKeys } from './shape.ts'

const known = new Set([
  ...['aliases', 'driver_opts', 'gw_priority', 'interface_name', 'ipv4_address', 'ipv6_address', 'link_local_ips'],
  ...['mac_address', 'priority'],
])

/** A service's `networks`: their aliases are read elsewhere, an address of its own cannot be had. */
export function checkNetworks(service: Node, declared: ReadonlySet<string>, reader: Reader): void {
  const networks = child(service, 'networks')
  if (!networks) return
  const named: [string | undefined, Node][] = isRecord(networks.value)
    ? members(networks)
    : reader.list(networks).map((node) => [reader.fixed(node), node])
  for (const [name, node] of named) {
    if (name !== undefined && name !== 'default' && !declared.has(name))
      reader.report.refuse('NETWORK_UNKNOWN', node.path, `There is no network "${name.slice(0, 60)}".`)
    if (!isRecord(networks.value) || node.value === null) continue
    checkKeys(node, known, 'A network of a service', reader)
    for (const key of ['ipv4_address', 'ipv6_address']) {
      const address = child(node, key)
      if (address)
        reader.report.warn('KEY_IGNORED', address.path, 'The cluster gives out the addresses; names find a service.')
    }
  }
}

/** The `networks` at the top: all services share one, and it has a way out. */
export function checkDeclaredNetworks(networks: Node, reader: Reader): void {
  reader.report.warn('NETWORKS_IGNORED', networks.path, 'All services of a subscription share one network.')
  for (const [name, network] of members(networks)) {
    const isolated = isRecord(network.value) ? child(network, 'internal') : undefined
    if (isolated && reader.flag(isolated))
      reader.report.warn(
        'NETWORK_INTERNAL_IGNORED',
        isolated.path,
        `The services on "${name.slice(0, 60)}" reach the internet nevertheless.`,
      )
  }
}

export const declaredNetworks = (root: Node): ReadonlySet<string> => {
  const networks = child(root, 'networks')
  return new Set(networks ? members(networks).map(([name]) => name) : [])
}
