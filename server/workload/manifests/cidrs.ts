import { BlockList } from 'node:net'

/** Cloud metadata services, which hand out the node's credentials: AWS and most others, its IPv6, Alibaba, Oracle, Azure. */
const metadataRanges = [
  '169.254.0.0/16',
  'fe80::/10',
  'fd00:ec2::254/128',
  '100.100.100.200/32',
  '192.0.0.192/32',
  '168.63.129.16/32',
]

/** Never the internet: RFC 1918, RFC 6598, loopback, RFC 4193. Nodes, pods and services mostly live here. */
const privateRanges = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '127.0.0.0/8',
  'fc00::/7',
  '::1/128',
]

/**
 * What "the internet" leaves out, for each family of addresses, with what the operator blocks beside. Ranges do not
 * overlap: some network plugins load none of their rules when two of them do.
 *
 * IPv6 is left out altogether unless the operator blocks an IPv6 range, and so says that the cluster has both
 * families: a plugin that knows IPv4 only may refuse a policy that names the other, and what nobody allows is closed.
 */
export function blockedRanges(blockedCidrs: readonly string[]): { v4: string[]; v6: string[] | undefined } {
  const given = blockedCidrs.map(asRange)
  const all = [...metadataRanges, ...privateRanges, ...given]
  return {
    v4: withoutCovered(all.filter((range) => !isV6(range))),
    v6: given.some(isV6) ? withoutCovered(all.filter(isV6)) : undefined,
  }
}

const isV6 = (range: string): boolean => range.includes(':')

/** A bare address is the range of itself. */
const asRange = (range: string): string => {
  if (range.includes('/')) return range
  return `${range}/${isV6(range) ? 128 : 32}`
}

const split = (range: string): { network: string; prefix: number } => {
  const [network = '', prefix = ''] = range.split('/')
  return { network, prefix: Number(prefix) }
}

/** The ranges that no other one contains, in a fixed order. */
function withoutCovered(ranges: readonly string[]): string[] {
  const widestFirst = [...new Set(ranges)].sort((one, other) => split(one).prefix - split(other).prefix)
  const covered = new BlockList()
  const kept: string[] = []
  for (const range of widestFirst) {
    const { network, prefix } = split(range)
    const family = isV6(range) ? 'ipv6' : 'ipv4'
    if (covered.check(network, family)) continue
    covered.addSubnet(network, prefix, family)
    kept.push(range)
  }
  return kept.sort()
}
