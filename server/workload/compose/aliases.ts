import { isLabel } from './names.ts'
import { child, isRecord, type Node } from './node.ts'
import type { Reader } from './reader.ts'

type Wanted = { readonly name: string; readonly node: Node }

/** The further names by which Compose lets siblings reach a service; of a `link`, the service that it points to. */
export function wantedAliases(
  service: Node,
  own: string,
  labels: ReadonlyMap<string, string>,
  reader: Reader,
): { service: string; wanted: Wanted }[] {
  const found: { service: string; wanted: Wanted }[] = []
  for (const key of ['container_name', 'hostname']) {
    const node = child(service, key)
    const name = node && reader.fixed(node)
    if (node && name) found.push({ service: own, wanted: { name, node } })
  }
  const networks = child(service, 'networks')
  for (const [, network] of networks && isRecord(networks.value) ? reader.map(networks) : []) {
    const list = child(network, 'aliases')
    for (const node of list ? reader.list(list) : []) {
      const name = reader.fixed(node)
      if (name) found.push({ service: own, wanted: { name, node } })
    }
  }
  const links = child(service, 'links')
  for (const node of links ? reader.list(links) : []) {
    const [target = '', name] = (reader.fixed(node) ?? '').split(':', 2)
    const label = labels.get(target)
    if (label !== undefined && name) found.push({ service: label, wanted: { name, node } })
  }
  return found
}

/** Gives each alias to the first service that wants it; a service's own name always wins. */
export function assignAliases(
  wanted: readonly { service: string; wanted: Wanted }[],
  labels: ReadonlySet<string>,
  reader: Reader,
): ReadonlyMap<string, string[]> {
  const owners = new Map<string, string>()
  for (const { service, wanted: alias } of wanted) {
    const name = alias.name.toLowerCase()
    const owner = labels.has(name) ? name : owners.get(name)
    if (owner === service) continue
    if (owner !== undefined)
      reader.report.warn('ALIAS_IGNORED', alias.node.path, `"${alias.name}" is the name of another service.`)
    else if (isLabel(name)) owners.set(name, service)
    else reader.report.warn('ALIAS_IGNORED', alias.node.path, `"${alias.name}" cannot be a name in the cluster.`)
  }
  const byService = Map.groupBy(owners, ([, service]) => service)
  return new Map([...byService].map(([service, names]) => [service, names.map(([name]) => name)]))
}
