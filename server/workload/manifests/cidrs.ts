/** Cloud metadata services, which hand out the node's credentials: AWS and most others, its IPv6, Alibaba, Oracle. */
const metadataRanges = ['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::254/128', '100.100.100.200/32', '192.0.0.192/32']

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

/** What "the internet" leaves out, for each family of addresses, with what the operator blocks beside. */
export function blockedRanges(blockedCidrs: readonly string[]): { v4: string[]; v6: string[] } {
  const all = [...new Set([...metadataRanges, ...privateRanges, ...blockedCidrs.map(asRange)])].sort()
  return { v4: all.filter((range) => !isV6(range)), v6: all.filter(isV6) }
}

const isV6 = (range: string): boolean => range.includes(':')

/** A bare address is the range of itself. */
const asRange = (range: string): string => {
  if (range.includes('/')) return range
  return `${range}/${isV6(range) ? 128 : 32}`
}
